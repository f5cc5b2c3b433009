// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A few rows times a 4-bit matrix, whose codes are read once: what decoding does with each weight.
//
//   y[m,n] = sum_k x[m,k] W[n,k]        W[n,k] = T(code value * absmax), as dequantize.h gives it
//
//   x [M, K], y [M, N] in T = f32, f64 or bf16; rows of x may be strided      W [N, K]
//   Sums in f32 (f64 for f64), one rounding to T. A row's bits depend on that row and W alone.
//   Reads N K / 2 bytes of codes and their scales for up to kMultiply4BitRows rows; more rows are taken
//   by that many at a time, and then dequantising first is faster.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/quantized.h"

namespace hone::kernels {

inline constexpr int64_t kMultiply4BitRows = 8;

// Returns y. Requires: w's parts fit each other, w is a matrix.
Tensor multiply_4bit(const Tensor& x, const QuantizedTensor& w);

// M rows in T.
Cost multiply_4bit_cost(int64_t m, int64_t n, int64_t k, DType t, bool nested);

// Device implementations. scratch [threads, K] in T, undefined on a GPU.
template <Isa I>
void multiply_4bit(Cpu<I>, const Tensor& x, const QuantizedTensor& w, const Tensor& y,
                   const Tensor& scratch);
void multiply_4bit(Cuda, const Tensor& x, const QuantizedTensor& w, const Tensor& y,
                   const Tensor& scratch);

}  // namespace hone::kernels
