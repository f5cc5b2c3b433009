// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/linear.h"
#include "nn/norm.h"

namespace hone::nn {

struct VisionBlockConfig {
  int64_t hidden = 0;  // C
  int64_t width = 0;   // F
  int64_t heads = 0;
  double eps = 1e-6;
  double init = 0.02;
};

// A block of a vision transformer: attention over all patches of an image, and an MLP.
//                     source: Dosovitskiy et al. 2020, arXiv:2010.11929; Qwen3.5 (modeling)
//
//   h = x + proj(attention(rope(q), rope(k), v))     q, k, v = qkv norm1(x), side by side
//   y = h + linear_fc2(gelu_tanh(linear_fc1 norm2(h)))
class VisionBlock {
 public:
  // Parameters under <path>: norm1, norm2 (.weight, .bias [C]), attn.qkv [3C, C], attn.proj [C, C],
  // mlp.linear_fc1 [F, C], mlp.linear_fc2 [C, F], each with its bias.
  VisionBlock(Builder& b, const std::string& path, const VisionBlockConfig& config);

  // x [P, C] -> [P, C]. context: images as documents, and the rotary table of the patches.
  Var operator()(const Var& x, const ForwardContext& context) const;

 private:
  Var attend(const Var& x, const ForwardContext& context) const;

  VisionBlockConfig config_;
  Norm norm1_;
  Linear qkv_, proj_;
  Norm norm2_;
  Linear fc1_, fc2_;
};

}  // namespace hone::nn
