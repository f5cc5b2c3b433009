// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// LayerNorm over the last dimension, forward and backward, alone or fused with a residual addition.
//                                               source: Ba et al. 2016, arXiv:1607.06450;
//                                               Parmar et al. 2024, arXiv:2402.16819 (1 + w)
//
//   h[n,c]  = x[n,c] + residual[n,c]                 (fused form; otherwise h = x)
//   m[n]    = mean_c h[n,c]      r[n] = 1 / sqrt(mean_c (h[n,c] - m[n])^2 + eps)
//   xh[n,c] = (h[n,c] - m[n]) * r[n]                 g[c] = w[c] (plain) or 1 + w[c] (zero-centred)
//   y[n,c]  = xh[n,c] * g[c] + b[c]
//   dh[n,c] = r[n] * (u[n,c] - mean_c u[n,:] - xh[n,c] * mean_c(u[n,:] * xh[n,:])) + dh_out[n,c]
//             with u = g * dy
//   dw[c]   = sum_n dy[n,c] * xh[n,c]      db[c] = sum_n dy[n,c]      dx = dresidual = dh
//
//   x, residual, h, y, dy, dx [..., C] in T = f32, f64 or bf16, row-major; N = rows
//   w, b [C] in T      m, r [N] and dw, db [C] in f32 (f64 for f64)
//   Math in f32 (f64), one rounding to T; g is rounded to T, as the models were trained. The variance
//   is summed after the mean is known. dw, db: partial sums over blocks of rows, then an ordered sum.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "kernels/core/row_block.h"
#include "kernels/rms_norm/rms_norm.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct LayerNormOutput {
  Tensor y;      // [..., C] T
  Tensor stats;  // [2, N] f32: m and r above, saved for backward
  Tensor h;      // [..., C] T: x + residual; undefined when there is no residual
};

// residual may be undefined. Requires: contiguous, equal shapes and dtypes, w and b [C].
LayerNormOutput layer_norm_forward(const Tensor& x, const Tensor& residual, const Tensor& w,
                                   const Tensor& b, double eps, NormWeight kind);

// Where the gradients of weight and bias go; each may be unwanted.
struct LayerNormTargets {
  GradTarget dw, db;

  bool wanted() const { return dw.wanted() || db.wanted(); }
};

// Returns dh. h, stats: from the forward pass. dh_out: gradient that reached h itself; may be
// undefined.
Tensor layer_norm_backward(const Tensor& dy, const Tensor& dh_out, const Tensor& h, const Tensor& w,
                           const Tensor& stats, NormWeight kind, const LayerNormTargets& targets);

// N rows of C elements of T.
Cost layer_norm_forward_cost(int64_t n, int64_t c, DType t, bool residual);
Cost layer_norm_backward_cost(int64_t n, int64_t c, DType t, bool dw);

// Device implementations; outputs are allocated by the functions above. Undefined tensors are
// skipped. `partial` [2, ceil(N / layer_norm_row_block), C] is scratch for dw and db.
constexpr int64_t layer_norm_row_block(int64_t n, Device device) {
  return is_gpu(device) ? gpu_row_block(n, 1, 32, 512) : 16;
}
template <Isa I>
void layer_norm_forward(Cpu<I>, const Tensor& x, const Tensor& residual, const Tensor& w,
                        const Tensor& b, double eps, NormWeight kind, const LayerNormOutput& out);
template <Isa I>
void layer_norm_backward(Cpu<I>, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                         const Tensor& w, const Tensor& stats, NormWeight kind, const Tensor& dx,
                         const LayerNormTargets& targets, const Tensor& partial);
void layer_norm_forward(Cuda, const Tensor& x, const Tensor& residual, const Tensor& w,
                        const Tensor& b, double eps, NormWeight kind, const LayerNormOutput& out);
void layer_norm_backward(Cuda, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                         const Tensor& w, const Tensor& stats, NormWeight kind, const Tensor& dx,
                         const LayerNormTargets& targets, const Tensor& partial);

}  // namespace hone::kernels
