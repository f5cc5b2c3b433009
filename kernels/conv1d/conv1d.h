// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Causal depthwise convolution over the tokens of each document, followed by SiLU: the short
// convolution before a linear attention.              source: Gu & Dao 2023, arXiv:2312.00752
//
//   p[t,c]  = sum_j w[c,j] * x[t - (W-1) + j, c]                 x = 0 before t's document
//   y[t,c]  = silu(p[t,c]) = p * s,  s = sigmoid(p)              the last tap, j = W-1, is token t
//   dp[t,c] = dy[t,c] * s * (1 + p * (1 - s))
//   dx[t,c] = sum_j w[c,j] * dp[t + (W-1) - j, c]                dp = 0 after t's document
//   dw[c,j] = sum_t dp[t,c] * x[t - (W-1) + j, c]
//
//   x, y, dy, dx [N, C] in T = f32, f64 or bf16, row-major       w [C, 1, W] or [C, W] in T
//   dw [C, W] in f32 (f64 for f64)      W = 1..8      cu_seqlens [S + 1] i32: core/documents.h
//   Math in f32 (f64), one rounding to T, after the SiLU. Backward computes p again from x.
//   dw: partial sums over blocks of tokens, then an ordered sum.
#pragma once

#include <algorithm>

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "kernels/core/row_block.h"
#include "tensor/tensor.h"

namespace hone::kernels {

inline constexpr int64_t kConv1dMaxTaps = 8;

// y [N, C]. Requires: contiguous, one dtype.
Tensor conv1d_silu_forward(const Tensor& x, const Tensor& w, const Tensor& cu_seqlens);

// Returns dx. dw may be unwanted.
Tensor conv1d_silu_backward(const Tensor& dy, const Tensor& x, const Tensor& w,
                            const Tensor& cu_seqlens, const GradTarget& dw);

// N tokens, C channels, W taps, elements of T.
Cost conv1d_silu_forward_cost(int64_t n, int64_t c, int64_t w, DType t);
Cost conv1d_silu_backward_cost(int64_t n, int64_t c, int64_t w, DType t, bool dw);

// Tokens of a block. Each reads a few tokens of the next, and backward has a partial sum.
constexpr int64_t conv1d_row_block(int64_t n, int64_t c, Device device) {
  return is_gpu(device) ? gpu_row_block(n, 16, 256, (1 << 19) / std::max<int64_t>(c, 1)) : 64;
}

// Device implementations; outputs are allocated by the functions above. Scratch, all f32
// (f64): `taps` [W, C] for the weights, `dp` [N, C], and `partial` [blocks, W, C] for dw (undefined if
// that is unwanted).
template <Isa I>
void conv1d_silu_forward(Cpu<I>, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                         const Tensor& y, const Tensor& taps);
template <Isa I>
void conv1d_silu_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& w,
                          const Tensor& cu_seqlens, const Tensor& dx, const GradTarget& dw,
                          const Tensor& taps, const Tensor& dp, const Tensor& partial);
void conv1d_silu_forward(Cuda, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                         const Tensor& y, const Tensor& taps);
void conv1d_silu_backward(Cuda, const Tensor& dy, const Tensor& x, const Tensor& w,
                          const Tensor& cu_seqlens, const Tensor& dx, const GradTarget& dw,
                          const Tensor& taps, const Tensor& dp, const Tensor& partial);

}  // namespace hone::kernels
