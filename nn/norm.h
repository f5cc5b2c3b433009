// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "nn/block_kinds.h"
#include "nn/builder.h"

namespace hone::nn {

// The norm of a residual stream, of any kind.
class Norm {
 public:
  // Parameters: <path>.weight [C] and, for LayerNorm, <path>.bias [C].
  Norm(Builder& b, const std::string& path, int64_t width, NormKind kind, double eps);

  // x [N, C] -> [N, C]
  Var operator()(const Var& x) const;
  // {h, norm(h)} with h = x + residual, in one pass.
  std::array<Var, 2> add(const Var& x, const Var& residual) const;

  Device device() const { return weight_.device(); }

 private:
  NormKind kind_;
  double eps_;
  Var weight_, bias_;
};

}  // namespace hone::nn
