// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Pictures as bytes, and their size as the vision towers want it.
#pragma once

#include <cstdint>
#include <vector>

namespace hone {

struct ImageSize {
  int64_t height = 0;  // pixels
  int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};

// Rows from the top, pixels from the left, three bytes each: red, green, blue.
struct Image {
  ImageSize size;
  std::vector<uint8_t> pixels;  // [height, width, 3]
};

// Errors: kDataset for a side below 1 or an area over max_pixels.
void check_image_size(ImageSize size, int64_t max_pixels);

// Bicubic with antialiasing: each output pixel is a weighted mean of the input pixels under Keys' cubic
// (a = -0.5), stretched by the factor of a reduction. First along rows, then along columns, rounded to
// bytes after both; weights have 22 binary digits. The same bytes as Pillow's.
//                                    source: Keys 1981, doi 10.1109/TASSP.1981.1163711; Pillow (Resample.c)
// Errors: kInternal for a side below 1 or pixels that do not fit the size.
Image resize_bicubic(const Image& image, ImageSize to);

}  // namespace hone
