// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From patches of images to features in the place of image tokens.
//
//   x0 = patch_embed pixels + interpolated learned positions
//   x  = x0 through the blocks
//   y  = merger.linear_fc2(gelu_erf(merger.linear_fc1 norm(x)))     norm(x) of merge x merge patches,
//                                                                   one after the other
//                                                                   source: Qwen3.5 (modeling)
#pragma once

#include <optional>
#include <vector>

#include "models/vision_input.h"
#include "nn/vision_block.h"

namespace hone {

class VisionTower {
 public:
  // Parameters under model.visual: patch_embed.proj (.weight [C, channels, frames, patch, patch],
  // .bias), pos_embed.weight, blocks.<i>.*, merger.{norm, linear_fc1, linear_fc2}.
  VisionTower(nn::Builder& b, const VisionConfig& config);

  // [M, out]. context: of the pass; its documents and positions are not those of the images.
  // recompute: keep only each block's input and run the block again in backward.
  Var operator()(const VisionInput& input, nn::ForwardContext context, bool recompute) const;

 private:
  Var embed(const VisionInput& input) const;

  VisionConfig config_;
  DType dtype_;
  Var patch_weight_, patch_bias_, positions_;
  std::vector<nn::VisionBlock> blocks_;
  std::optional<nn::Norm> norm_;
  std::optional<nn::Linear> fc1_, fc2_;
  bool trains_ = false;  // some parameter does
};

}  // namespace hone
