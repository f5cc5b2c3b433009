// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// RMSNorm of each head, then rotary embedding, in one pass; called for the queries and for the
// keys.
//                       source: Su et al. 2021, arXiv:2104.09864; Henry et al. 2020,
//                       arXiv:2010.04245
//
//   r   = 1 / sqrt(mean_d x[n,h,d]^2 + eps)     u[d] = x[n,h,d] * r * g[d]     g = w or 1 + w
//   y[j]       = u[j] * cos[n,j] - u[j+R/2] * sin[n,j]                         j < R/2
//   y[j+R/2]   = u[j+R/2] * cos[n,j] + u[j] * sin[n,j]
//   y[d]       = u[d]                                                          d >= R
//   Backward: du is dy rotated by the opposite angle; dx and dw as in kernels/rms_norm/rms_norm.h
//   with one row per head, dw summed over rows and heads.
//   Without a weight there is no norm: u = x.
//
//   x, y, dy, dx [N, H, D] in T = f32, f64 or bf16; x and dx may have strided rows and heads
//   w [D] in T      cos, sin [N, R/2], r [N, H], dw [D] in f32 (f64 for f64)
//   Math in f32 (f64); u is rounded to T, as if it had been stored, then the rotation once more.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rope/rope.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct QkNormRopeOutput {
  Tensor y;     // [N, H, D] T
  Tensor rstd;  // [N, H] f32: r above; undefined without a norm
};

// w may be undefined: no norm.
QkNormRopeOutput qk_norm_rope_forward(const Tensor& x, const Tensor& w, double eps, NormWeight kind,
                                      const RotaryTable& rotary);

// Writes dx, shaped like x. x and rstd are not read without a norm and may then be undefined.
void qk_norm_rope_backward(const Tensor& dy, const Tensor& x, const Tensor& w, const Tensor& rstd,
                           NormWeight kind, const RotaryTable& rotary, const Tensor& dx,
                           const GradTarget& dw);

// N rows of H heads of D elements of T, of which the first rotary_dim rotate.
Cost qk_norm_rope_forward_cost(int64_t n, int64_t h, int64_t d, int64_t rotary_dim, DType t);
Cost qk_norm_rope_backward_cost(int64_t n, int64_t h, int64_t d, int64_t rotary_dim, DType t);

// Device implementations. `partial` [ceil(N / rms_norm_row_block), D] is scratch for dw.
template <Isa I>
void qk_norm_rope_forward(Cpu<I>, const Tensor& x, const Tensor& w, double eps, NormWeight kind,
                          const RotaryTable& rotary, const QkNormRopeOutput& out);
template <Isa I>
void qk_norm_rope_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& w,
                           const Tensor& rstd, NormWeight kind, const RotaryTable& rotary,
                           const Tensor& dx, const GradTarget& dw, const Tensor& partial);
void qk_norm_rope_forward(Cuda, const Tensor& x, const Tensor& w, double eps, NormWeight kind,
                          const RotaryTable& rotary, const QkNormRopeOutput& out);
void qk_norm_rope_backward(Cuda, const Tensor& dy, const Tensor& x, const Tensor& w,
                           const Tensor& rstd, NormWeight kind, const RotaryTable& rotary,
                           const Tensor& dx, const GradTarget& dw, const Tensor& partial);

}  // namespace hone::kernels
