// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// RMSNorm of each value head, gated by SiLU of a second projection: what follows the gated delta
// rule.                                                source: Yang et al. 2024, arXiv:2412.06464
//
//   r[n,h]   = 1 / sqrt(mean_d x[n,h,d]^2 + eps)               xh = x * r
//   y[n,h,d] = w[d] * xh[n,h,d] * silu(z[n,h,d])               silu(z) = z * s, s = sigmoid(z)
//   dx       = r * (u - xh * mean_d(u * xh))                   u  = dy * w * silu(z)
//   dz       = dy * w * xh * s * (1 + z * (1 - s))             dw = sum_{n,h} dy * xh * silu(z)
//
//   x, dx [N, H, D]; z, dz, y, dy: N*H*D elements; all in T = f32, f64 or bf16, row-major
//   w [D] in T, not zero-centred      r [N, H] and dw [D] in f32 (f64 for f64)
//   Math in f32 (f64), one rounding to T. dw: partial sums over blocks of 64 rows (n, h),
//   then an ordered sum.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct GatedRmsNormOutput {
  Tensor y;     // [N, H * D] T
  Tensor rstd;  // [N, H] f32: r above, saved for backward
};

// z is [N, H, D] or [N, H * D]. Requires: contiguous, one dtype, w [D].
GatedRmsNormOutput gated_rms_norm_forward(const Tensor& x, const Tensor& z, const Tensor& w,
                                          double eps);

struct GatedRmsNormGrads {
  Tensor dx;  // like x
  Tensor dz;  // like z
};

// dy [N, H * D]; x, z, w, rstd from the forward pass. dw may be unwanted.
GatedRmsNormGrads gated_rms_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& z,
                                          const Tensor& w, const Tensor& rstd,
                                          const GradTarget& dw);

// rows = N * H of D elements of T.
Cost gated_rms_norm_forward_cost(int64_t rows, int64_t d, DType t);
Cost gated_rms_norm_backward_cost(int64_t rows, int64_t d, DType t, bool dw);

// Device implementations; outputs are allocated by the functions above. `partial`
// [ceil(N * H / 64), D] is scratch for dw, undefined if that is unwanted.
inline constexpr int64_t kGatedRmsNormRowBlock = 64;
template <Isa I>
void gated_rms_norm_forward(Cpu<I>, const Tensor& x, const Tensor& z, const Tensor& w, double eps,
                            const GatedRmsNormOutput& out);
template <Isa I>
void gated_rms_norm_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& z,
                             const Tensor& w, const Tensor& rstd, const GatedRmsNormGrads& out,
                             const GradTarget& dw, const Tensor& partial);
void gated_rms_norm_forward(Cuda, const Tensor& x, const Tensor& z, const Tensor& w, double eps,
                            const GatedRmsNormOutput& out);
void gated_rms_norm_backward(Cuda, const Tensor& dy, const Tensor& x, const Tensor& z,
                             const Tensor& w, const Tensor& rstd, const GatedRmsNormGrads& out,
                             const GradTarget& dw, const Tensor& partial);

}  // namespace hone::kernels
