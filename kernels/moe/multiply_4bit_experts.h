// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// grouped_gemm.h for few rows and experts in 4 bits, whose codes are read and nothing is dequantised:
// what decoding does with a mixture of experts. Experts without rows are not read.
//
//   for each position p of expert e (offsets[e] <= p < offsets[e + 1]):
//   Y[p, n] = sum_k X[x_row(p), k] W_e[n, k]      W_e[n, k] = T(code value * absmax)
//
//   X [rows, in], Y [P, out] in T = f32, f64 or bf16; W [E, out, in], blocks of 64 may straddle experts.
//   Sums in f32 (f64 for f64), one rounding to T. A row's bits depend on that row and its expert alone.
//   On a GPU each position reads its expert's codes: of an expert with many rows again and again, from
//   the cache. So this is for few positions (kFewAssignments).
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/moe/grouped_gemm.h"
#include "tensor/quantized.h"

namespace hone::kernels {

inline constexpr int64_t kFewAssignments = 64;

// Returns Y. Requires: contiguous.
Tensor multiply_4bit_experts(const Tensor& x, RowsBy x_by, const QuantizedTensor& stack,
                             const ExpertOrder& order);

// P rows of in elements of T, each of another expert.
Cost multiply_4bit_experts_cost(int64_t assignments, int64_t out, int64_t in, DType t, bool nested);

// Device implementations. scratch [threads, in] in T, undefined on a GPU.
template <Isa I>
void multiply_4bit_experts(Cpu<I>, const Tensor& x, RowsBy x_by, const QuantizedTensor& stack,
                           const ExpertOrder& order, const Tensor& y, const Tensor& scratch);
void multiply_4bit_experts(Cuda, const Tensor& x, RowsBy x_by, const QuantizedTensor& stack,
                           const ExpertOrder& order, const Tensor& y, const Tensor& scratch);

}  // namespace hone::kernels
