// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compares the gradients of an op with central differences in double precision.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autograd/var.h"

namespace hone {

struct GradcheckResult {
  double worst = 0;   // largest of ||analytic - numeric|| / max(||numeric||, 1e-3) over the inputs
  std::string where;  // the input and seeding it occurred at
  int64_t checked = 0;  // elements compared
};

// The op under test: inputs -> outputs, f64 on the CPU.
using GradcheckFn = std::function<std::vector<Var>(std::span<const Var> inputs)>;

// Differentiates L = sum_i <u_i, y_i> with fixed pseudo-random u_i at every element of every input,
// once with all outputs seeded and, when there are several, once with each output alone (the other
// gradients are then undefined). Step h = 1e-5 * max(1, |x|).
// Requires: f depends on nothing but its inputs. Inputs are f64; keep them away from kinks and
// ties.
GradcheckResult gradcheck(const GradcheckFn& f, const std::vector<Tensor>& inputs);

// A f64 tensor of pseudo-random normal numbers times `scale`, named by `stream`.
Tensor random_f64(const Shape& shape, const std::string& stream, double scale = 1.0);

}  // namespace hone
