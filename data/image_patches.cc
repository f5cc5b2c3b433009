// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/image_patches.h"

#include <algorithm>
#include <cmath>

#include "tensor/check.h"

namespace hone {
namespace {

constexpr int64_t kMaxAspect = 200;

// Halves to the even neighbour.
int64_t rounded(int64_t length, int64_t unit) {
  return static_cast<int64_t>(
             std::nearbyint(static_cast<double>(length) / static_cast<double>(unit))) *
         unit;
}

}  // namespace

ImageSize patched_size(ImageSize size, const PatchSettings& s) {
  const int64_t longer = std::max(size.height, size.width),
                shorter = std::min(size.height, size.width), unit = s.unit();
  if (shorter < 1 || longer / shorter > kMaxAspect ||
      (longer / shorter == kMaxAspect && longer % shorter != 0))
    fail(ErrorCode::kDataset, "an image of ", size.height, " x ", size.width,
         " pixels; expected sides of at least 1 of which none is over ", kMaxAspect,
         " times the other: crop it");
  ImageSize to = {rounded(size.height, unit), rounded(size.width, unit)};
  const double height = static_cast<double>(size.height), width = static_cast<double>(size.width);
  const double step = static_cast<double>(unit);
  if (to.height * to.width > s.max_pixels) {
    const double shrink = std::sqrt(height * width / static_cast<double>(s.max_pixels));
    const auto fit = [&](double side) {
      return std::max(unit, static_cast<int64_t>(std::floor(side / shrink / step)) * unit);
    };
    to = {fit(height), fit(width)};
  } else if (to.height * to.width < s.min_pixels) {
    const double grow = std::sqrt(static_cast<double>(s.min_pixels) / (height * width));
    const auto fit = [&](double side) {
      return static_cast<int64_t>(std::ceil(side * grow / step)) * unit;
    };
    to = {fit(height), fit(width)};
  }
  return to;
}

ImagePatches make_patches(const Image& image, const PatchSettings& s) {
  const Image resized = resize_bicubic(image, patched_size(image.size, s));
  const ImageSize size = resized.size;
  ImagePatches patches = {size.height / s.patch_size, size.width / s.patch_size, {}};
  patches.values.resize(static_cast<size_t>(patches.rows * patches.columns * s.values()));
  float* to = patches.values.data();
  const auto write_patch = [&](int64_t row, int64_t column) {
    for (int64_t channel = 0; channel < 3; ++channel)
      for (int64_t frame = 0; frame < s.temporal_size; ++frame)
        for (int64_t y = row * s.patch_size; y < (row + 1) * s.patch_size; ++y)
          for (int64_t x = column * s.patch_size; x < (column + 1) * s.patch_size; ++x)
            *to++ = (static_cast<float>(
                         resized.pixels[static_cast<size_t>((y * size.width + x) * 3 + channel)]) -
                     127.5f) /
                    127.5f;
  };
  const int64_t merge = s.merge_size;
  for (int64_t row = 0; row < patches.rows; row += merge)
    for (int64_t column = 0; column < patches.columns; column += merge)
      for (int64_t i = 0; i < merge * merge; ++i) write_patch(row + i / merge, column + i % merge);
  return patches;
}

}  // namespace hone
