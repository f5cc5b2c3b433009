// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/linear.h"

namespace hone::nn {

// SwiGLU MLP: down(silu(gate x) * up x).                 source: Shazeer 2020, arXiv:2002.05202
class SwigluMlp {
 public:
  // Parameters: <path>.{gate_proj,up_proj}.weight [F, C], <path>.down_proj.weight [C, F].
  SwigluMlp(Builder& b, const std::string& path, int64_t hidden, int64_t width, double init);

  // x [N, C] -> [N, C]
  Var operator()(const Var& x, const ForwardContext& context) const;

 private:
  Linear gate_, up_, down_;
};

}  // namespace hone::nn
