// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From rows in expert order back to tokens, and row weights in expert order.
//
//   combine    out[t,c] = sum_j w[t,j] * y[inverse[t K + j], c]      j in order; w = 1 if undefined
//   scale_rows out[p,c] = w[order[p]] * x[p,c]
//
//   y, x [P, C], w [N, K], out [N, C] or [P, C] in T = f32, f64 or bf16. Sums in f32 (f64 for f64),
//   one rounding. Each token reads its own K rows: no atomics. Bandwidth bound.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/moe/sort.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Returns [N, C] with N = P / k. weights [N, k] may be undefined.
Tensor moe_combine(const Tensor& y, const Tensor& weights, const ExpertOrder& order, int64_t k);
// Returns [P, C].
Tensor moe_scale_rows(const Tensor& x, const Tensor& weights, const ExpertOrder& order);

Cost moe_combine_cost(int64_t n, int64_t k, int64_t c, DType t);
Cost moe_scale_rows_cost(int64_t assignments, int64_t c, DType t);

// Device implementations; outputs are allocated by the functions above.
template <Isa I>
void moe_combine(Cpu<I>, const Tensor& y, const Tensor& weights, const ExpertOrder& order,
                 const Tensor& out);
template <Isa I>
void moe_scale_rows(Cpu<I>, const Tensor& x, const Tensor& weights, const ExpertOrder& order,
                    const Tensor& out);
void moe_combine(Cuda, const Tensor& y, const Tensor& weights, const ExpertOrder& order,
                 const Tensor& out);
void moe_scale_rows(Cuda, const Tensor& x, const Tensor& weights, const ExpertOrder& order,
                    const Tensor& out);

}  // namespace hone::kernels
