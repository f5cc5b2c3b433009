// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "nn/block_kinds.h"
#include "nn/linear.h"

namespace hone::nn {

struct MlpConfig {
  int64_t hidden = 0;  // C
  int64_t width = 0;   // F
  MlpKind kind = MlpKind::swiglu;
  bool bias = false;
  double init = 0.02;
};

// A dense MLP; its maths by kind in nn/block_kinds.h.
class Mlp {
 public:
  // Parameters: <path>.{gate_proj,up_proj}.weight [F, C], <path>.down_proj.weight [C, F], and their
  // biases. Squared ReLU has no gate_proj.
  Mlp(Builder& b, const std::string& path, const MlpConfig& config);

  // x [N, C] -> [N, C]
  Var operator()(const Var& x, const ForwardContext& context) const;

 private:
  MlpKind kind_;
  std::optional<Linear> gate_;
  Linear up_, down_;
};

}  // namespace hone::nn
