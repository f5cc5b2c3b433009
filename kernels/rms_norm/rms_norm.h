// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// RMSNorm over the last dimension, forward and backward, alone or fused with a residual addition.
//                                          source: Zhang & Sennrich 2019, arXiv:1910.07467
//
//   h[n,c]  = x[n,c] + residual[n,c]                 (fused form; otherwise h = x)
//   r[n]    = 1 / sqrt(mean_c h[n,c]^2 + eps)        xh[n,c] = h[n,c] * r[n]
//   y[n,c]  = xh[n,c] * g[c]                         g = w (plain) or 1 + w (zero-centred)
//   dh[n,c] = r[n] * (u[n,c] - xh[n,c] * mean_c(u[n,:] * xh[n,:])) + dh_out[n,c]      u = g * dy
//   dw[c]   = sum_n dy[n,c] * xh[n,c]                dx = dresidual = dh
//
//   x, residual, h, y, dy, dx [..., C] in T = f32, f64 or bf16, row-major; N = rows
//   w [C] in T      r [N] and dw [C] in f32 (f64 for f64)
//   Math in f32 (f64), one rounding to T; the plain form rounds xh to T before the product with w,
//   as the Llama family does. dw: partial sums over blocks of rows, then an ordered sum.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "kernels/core/row_block.h"
#include "tensor/tensor.h"

namespace hone::kernels {

enum class NormWeight {
  plain,         // y = xh * w           (Llama, Qwen3)
  zero_centred,  // y = xh * (1 + w)     (Qwen3.5, Gemma)
};

struct RmsNormOutput {
  Tensor y;     // [..., C] T
  Tensor rstd;  // [N] f32: r above, saved for backward
  Tensor h;     // [..., C] T: x + residual; undefined when there is no residual
};

// residual may be undefined. Requires: contiguous, equal shapes and dtypes, w [C].
RmsNormOutput rms_norm_forward(const Tensor& x, const Tensor& residual, const Tensor& w, double eps,
                               NormWeight kind);

// Returns dh. h, rstd: from the forward pass. dh_out: gradient that reached h itself; may be
// undefined. dw may be unwanted.
Tensor rms_norm_backward(const Tensor& dy, const Tensor& dh_out, const Tensor& h, const Tensor& w,
                         const Tensor& rstd, NormWeight kind, const GradTarget& dw);

// N rows of C elements of T.
Cost rms_norm_forward_cost(int64_t n, int64_t c, DType t, bool residual);
Cost rms_norm_backward_cost(int64_t n, int64_t c, DType t, bool dw);

// Device implementations; outputs are allocated by the functions above. Undefined tensors are
// skipped. `partial` [ceil(N / rms_norm_row_block), C] is scratch for dw.
constexpr int64_t rms_norm_row_block(int64_t n, Device device) {
  return is_gpu(device) ? gpu_row_block(n, 1, 32, 512) : 16;
}
template <Isa I>
void rms_norm_forward(Cpu<I>, const Tensor& x, const Tensor& residual, const Tensor& w, double eps,
                      NormWeight kind, const RmsNormOutput& out);
template <Isa I>
void rms_norm_backward(Cpu<I>, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                       const Tensor& w, const Tensor& rstd, NormWeight kind, const Tensor& dx,
                       const GradTarget& dw, const Tensor& partial);
void rms_norm_forward(Cuda, const Tensor& x, const Tensor& residual, const Tensor& w, double eps,
                      NormWeight kind, const RmsNormOutput& out);
void rms_norm_backward(Cuda, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                       const Tensor& w, const Tensor& rstd, NormWeight kind, const Tensor& dx,
                       const GradTarget& dw, const Tensor& partial);

}  // namespace hone::kernels
