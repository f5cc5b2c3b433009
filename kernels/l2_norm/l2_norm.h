// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// L2 normalisation of each head: what keeps the delta rule's transition a contraction.
//                                                    source: Yang et al. 2024, arXiv:2406.06484
//
//   r[n,h]    = 1 / sqrt(sum_d x[n,h,d]^2 + eps)
//   y[n,h,d]  = x[n,h,d] * r[n,h]
//   dx[n,h,d] = r[n,h] * (dy[n,h,d] - y[n,h,d] * sum_d(y[n,h,:] * dy[n,h,:]))
//
//   x, dx [N, H, D] in T = f32, f64 or bf16; views with any strides between tokens and heads
//   y, dy [N, H, D] in T, row-major          r [N, H] in f32 (f64 for f64)
//   Math in f32 (f64), one rounding to T. Backward takes y from x, not from its rounded value.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct L2NormOutput {
  Tensor y;      // [N, H, D] T
  Tensor rnorm;  // [N, H] f32: r above, saved for backward
};

// Requires: x [N, H, D], stride 1 along D.
L2NormOutput l2_norm_forward(const Tensor& x, double eps);

// Writes dx, which may be a view into a wider row. x, rnorm: from the forward pass.
void l2_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& rnorm, const Tensor& dx);

// rows = N * H of D elements of T.
Cost l2_norm_forward_cost(int64_t rows, int64_t d, DType t);
Cost l2_norm_backward_cost(int64_t rows, int64_t d, DType t);

// Device implementations.
template <Isa I>
void l2_norm_forward(Cpu<I>, const Tensor& x, double eps, const L2NormOutput& out);
template <Isa I>
void l2_norm_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& rnorm,
                      const Tensor& dx);
void l2_norm_forward(Cuda, const Tensor& x, double eps, const L2NormOutput& out);
void l2_norm_backward(Cuda, const Tensor& dy, const Tensor& x, const Tensor& rnorm,
                      const Tensor& dx);

}  // namespace hone::kernels
