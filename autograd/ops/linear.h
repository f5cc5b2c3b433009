// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/ops/weight.h"
#include "kernels/dropout/dropout.h"

namespace hone {

// A low-rank update of a matrix W [out, in]: W + scale * B A.    source: Hu et al. 2021,
// arXiv:2106.09685 a and b may have another dtype than x (f32 adapters over a bf16 model): they are
// converted for each product.
struct Lora {
  Var a;                          // [R, in]
  Var b;                          // [out, R]
  double scale = 1;               // alpha / R, or alpha / sqrt(R)
  double dropout = 0;             // probability that an element of x does not reach A
  kernels::DropoutStream random;  // read where dropout > 0
};

// y = x W^T + bias + scale * (drop(x) A^T) B^T: [..., in] -> [..., out] in x's dtype. lora may be
// null, bias [out] undefined.
//
//   dW = dy^T x                       dbias = sum_n dy
//   dB = scale * dy^T (drop(x) A^T)   dA = scale * (dy B)^T drop(x)
//   dx = dy W + scale * drop'((dy B) A)
//
// B A is never formed: besides x and y the update needs O(N R) memory, and one [N, in] temporary
// where dropout > 0. A quantised W is dequantised for each product and dropped; on a GPU, where few
// rows come and nothing is recorded, its codes are multiplied as they are (kernels/nf4/multiply.h).
// Saves: linear.x if W or A trains, linear.xa [N, R] if B trains; nothing below a frozen W alone.
Var linear(const Var& x, const Weight& w, const Lora* lora = nullptr, const Var& bias = Var());

}  // namespace hone
