#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/goldens/images.safetensors: patches that transformers' image processor of Qwen-VL cuts.

    python3 tools/make_image_golden.py tests/goldens/images.safetensors

For each case i: image.i [h, w, 3] u8, a piece of a photograph; settings.i [5] i64: patch, merge and
temporal size, smallest and largest area; grid.i [2] i64: rows and columns of patches; patches.i
[rows * columns, values] u8: the patches before they are normalised, after it (byte - 127.5) / 127.5.
Sizes are such that all versions of Pillow resize rows before columns; since version 13 it goes by the
sizes which comes first. Needs torch, transformers, pillow and scikit-image.
"""
import sys

import numpy as np
import skimage.data
from PIL import Image
from safetensors.numpy import save_file
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

# Photograph, top, left, height, width, patch, merge, temporal, smallest and largest area.
CASES = [
    ("chelsea", 70, 120, 61, 83, 4, 2, 2, 64, 1 << 20),       # both sides a little larger or smaller
    ("astronaut", 20, 180, 97, 131, 8, 2, 2, 64, 4096),       # reduced to the largest area
    ("coffee", 100, 200, 19, 23, 8, 2, 2, 2304, 1 << 20),     # enlarged to the smallest area
    ("rocket", 10, 300, 150, 21, 4, 2, 1, 64, 1 << 20),       # a narrow one, one frame
    ("astronaut", 0, 0, 32, 48, 8, 2, 2, 64, 1 << 20),        # its sides fit already
]


def rows_first(image, height, width):
    """What versions of Pillow before 13 give."""
    return image.resize((width, image.height), Image.BICUBIC).resize((width, height), Image.BICUBIC)


def main(path):
    tensors = {}
    for i, (name, top, left, h, w, patch, merge, temporal, smallest, largest) in enumerate(CASES):
        pixels = np.ascontiguousarray(
            getattr(skimage.data, name)()[top:top + h, left:left + w, :3])
        processor = Qwen2VLImageProcessorPil(
            size={"shortest_edge": smallest, "longest_edge": largest}, patch_size=patch,
            merge_size=merge, temporal_patch_size=temporal, image_mean=[0.5] * 3,
            image_std=[0.5] * 3)
        image = Image.fromarray(pixels)
        out = processor(images=image, return_tensors="np")
        _, rows, columns = (int(n) for n in out["image_grid_thw"][0])
        size = (rows * patch, columns * patch)
        one_pass = np.asarray(image.resize((size[1], size[0]), Image.BICUBIC))
        assert np.array_equal(one_pass, np.asarray(rows_first(image, *size))), (name, size)
        tensors[f"image.{i}"] = pixels
        tensors[f"settings.{i}"] = np.array([patch, merge, temporal, smallest, largest])
        tensors[f"grid.{i}"] = np.array([rows, columns])
        tensors[f"patches.{i}"] = np.rint(out["pixel_values"] * 127.5 + 127.5).astype(np.uint8)
        print(name, (h, w), "->", size, tensors[f"patches.{i}"].shape)
    save_file(tensors, path)


if __name__ == "__main__":
    main(sys.argv[1])
