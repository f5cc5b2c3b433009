// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Pictures from the bytes of a file.
#pragma once

#include <cstddef>
#include <span>

#include "data/image.h"

namespace hone {

// Of a picture's area: a small file can claim a huge one. As many as Pillow warns about.
inline constexpr int64_t kMaxImagePixels = 1024 * 1024 * 1024 / 4 / 3;

// A JPEG or PNG picture as red, green and blue: grey and palettes are converted, what is transparent keeps
// its colour, of 16 bits the upper 8 stay, and an orientation in Exif data is ignored, as Pillow's
// convert("RGB") has it. The size is checked before anything of that size is allocated.
// Errors: kDataset that says what is wrong: another format, a damaged or cut file, one of over
// max_pixels; CMYK.
Image decode_image(std::span<const std::byte> file, int64_t max_pixels = kMaxImagePixels);

}  // namespace hone
