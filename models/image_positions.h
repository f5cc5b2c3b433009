// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where images stand in a row of text, and the positions that rotary embeddings turn by.
//                                        source: Wang et al. 2024, arXiv:2409.12191 (M-RoPE)
//
//   In each document: text rows count on, alike on all three axes; an image at position p has
//   (p, p + row, p + column) of its merged patches, and the text after it goes on at
//   p + max(rows, columns).
#pragma once

#include "models/batch.h"
#include "models/vision_input.h"

namespace hone {

// Puts images into a batch on the CPU: positions become [3, N], and batch.vision is set. grids: of all
// images, in the order of their tokens. Errors: kDataset, naming `where`, if the image tokens are not
// those of the images; as make_vision_input.
void attach_images(Batch& batch, const VisionConfig& config, const Tensor& pixels,
                   std::span<const ImageGrid> grids, const std::string& where);

}  // namespace hone
