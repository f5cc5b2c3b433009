// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a picture to what a vision tower reads, as transformers' image processor of Qwen-VL does it.
//                                    source: Qwen2VLImageProcessor (transformers)
#pragma once

#include "data/image.h"

namespace hone {

struct PatchSettings {
  int64_t patch_size = 16;        // pixels of a side
  int64_t merge_size = 2;         // patches of a side that become one token
  int64_t temporal_size = 2;      // frames of a patch; a picture is repeated
  int64_t min_pixels = 65536;     // of the resized picture: size.shortest_edge
  int64_t max_pixels = 16777216;  // size.longest_edge

  int64_t unit() const { return patch_size * merge_size; }  // sides are multiples of it
  int64_t values() const { return 3 * temporal_size * patch_size * patch_size; }  // of a patch
};

// Sides that are multiples of settings.unit(), close to the picture's shape, with an area between the
// limits where rounding lets it be.
// Errors: kDataset for a side below 1, and for one side over 200 times the other.
ImageSize patched_size(ImageSize size, const PatchSettings& settings);

struct ImagePatches {
  int64_t rows = 0;  // of patches
  int64_t columns = 0;
  std::vector<float> values;  // [rows * columns, settings.values()], from -1 to 1

  int64_t tokens(const PatchSettings& settings) const {
    return rows * columns / (settings.merge_size * settings.merge_size);
  }
};

// Resizes and cuts. Patches come square by square of merge_size x merge_size, squares and the patches in
// them row by row; a patch is [channel, frame, y, x] of byte / 127.5 - 1.
// Errors: as patched_size.
ImagePatches make_patches(const Image& image, const PatchSettings& settings);

}  // namespace hone
