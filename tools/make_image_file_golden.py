#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/goldens/image_files.safetensors: image files, and the pixels that Pillow reads of them.

    python3 tools/make_image_file_golden.py tests/goldens/image_files.safetensors

file.<name> [bytes] u8 and pixels.<name> [17, 23, 3] u8, of a piece of a photograph; huge.<format>
[bytes] u8: the same with a header that claims 60000 x 60000 pixels. Needs pillow and scikit-image.
"""
import io
import struct
import sys
import zlib

import numpy as np
import skimage.data
from PIL import Image
from safetensors.numpy import save_file

# Name: Pillow's mode, format and options.
FILES = {
    "jpeg_grey": ("L", "JPEG", {}),
    "jpeg_progressive": ("RGB", "JPEG", {"progressive": True}),
    "jpeg_rgb": ("RGB", "JPEG", {"quality": 90}),
    "jpeg_unsubsampled": ("RGB", "JPEG", {"subsampling": 0}),
    "png_alpha": ("RGBA", "PNG", {}),
    "png_grey": ("L", "PNG", {}),
    "png_grey_alpha": ("LA", "PNG", {}),
    "png_palette": ("P", "PNG", {}),
    "png_rgb": ("RGB", "PNG", {}),
    "png_two_colours": ("1", "PNG", {}),
}


def huge_png(file):
    """With width, height and the checksum of the header chunk replaced."""
    header = b"IHDR" + struct.pack(">II", 60000, 60000) + file[24:29]
    return file[:12] + header + struct.pack(">I", zlib.crc32(header)) + file[33:]


def huge_jpeg(file):
    """With height and width in the frame header replaced."""
    at = file.index(b"\xff\xc0") + 5
    return file[:at] + struct.pack(">HH", 60000, 60000) + file[at + 4:]


def main(path):
    photograph = Image.fromarray(skimage.data.coffee()[120:188, 180:272]).resize((23, 17))
    tensors = {}
    for name, (mode, form, options) in FILES.items():
        file = io.BytesIO()
        image = photograph.convert(mode)
        if mode == "RGBA":
            image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save(file, form, **options)
        tensors[f"file.{name}"] = np.frombuffer(file.getvalue(), np.uint8)
        tensors[f"pixels.{name}"] = np.asarray(Image.open(file).convert("RGB"))
    for form, huge in (("png", huge_png), ("jpeg", huge_jpeg)):
        file = tensors[f"file.{form}_rgb"].tobytes()
        tensors[f"huge.{form}"] = np.frombuffer(huge(file), np.uint8)
    save_file(tensors, path)


if __name__ == "__main__":
    main(sys.argv[1])
