// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The images of a packed row as the vision tower takes them.
//
// Patches come image by image, within an image in blocks of merge x merge patches: block row, block
// column, row in the block, column in the block. So the patches that become one token are neighbours.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "models/vision_config.h"
#include "tensor/tensor.h"

namespace hone {

// The patches of one image: a row of [frames, rows, columns] of image_grid_thw.
struct ImageGrid {
  int64_t frames = 1;
  int64_t rows = 0;
  int64_t columns = 0;

  int64_t patches() const { return frames * rows * columns; }
  int64_t tokens(const VisionConfig& c) const { return patches() / (c.merge_size * c.merge_size); }
};

struct VisionInput {
  Tensor pixels;          // [P, channels * frames * patch * patch] f32, normalised
  Tensor cu_seqlens;      // [images + 1] i32: patches see those of their own image
  Tensor positions;       // [2 P] i32: row and column of each patch, in turns
  Tensor corners;         // [P, 4] i64: entries of the grid of learned positions around a patch
  Tensor corner_weights;  // [P, 4] f32: their shares
  Tensor rows;            // [M] i64: the text's rows that the merged patches take

  bool defined() const { return pixels.defined(); }
  int64_t patches() const { return pixels.dim(0); }
  // The same on another device.
  VisionInput to(Device device) const;
};

// rows: where the images' tokens are, in order.
// Errors: kDataset, naming `where`, if pixels are not those of the grids, or a grid is no image's.
VisionInput make_vision_input(const VisionConfig& config, const Tensor& pixels,
                              std::span<const ImageGrid> grids, std::span<const int64_t> rows,
                              const std::string& where);

// The same with P patches of M tokens in `images` images as shapes on a meta device.
VisionInput describe_vision_input(const VisionConfig& config, int64_t patches, int64_t images,
                                  Device meta = kMeta);

}  // namespace hone
