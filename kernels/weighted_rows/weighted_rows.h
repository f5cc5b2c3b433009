// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Weighted sums of a table's rows by index: a learned grid of positions, interpolated.
//
//   y[n,c]      = sum_k weights[n,k] table[ids[n,k], c]
//   dtable[v,c] = sum over (n, k) with ids[n,k] = v of weights[n,k] dy[n,c]
//
//   ids [N, K] i64   weights [N, K] f32   table [V, C], y, dy [N, C] in T = f32, f64 or bf16
//   dtable [V, C] f32 (f64 for f64). Math in f32 (f64), one rounding. Backward writes the weighted rows
//   of a block of n after the other, and adds them up in order (kernels/embedding): no atomics.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Errors: kInternal if an id is outside [0, V).
Tensor weighted_rows_forward(const Tensor& ids, const Tensor& weights, const Tensor& table);
// dtable must be wanted. ids: as in the forward pass, where they were checked.
void weighted_rows_backward(const Tensor& dy, const Tensor& ids, const Tensor& weights,
                            const GradTarget& dtable);

// N rows of C elements of T, K of a table each.
Cost weighted_rows_forward_cost(int64_t n, int64_t k, int64_t c, DType t);
Cost weighted_rows_backward_cost(int64_t n, int64_t k, int64_t c, DType t);

// Device implementations. spread: z[n K + k, c] = weights[n,k] dy[n,c], in f32 (f64).
template <Isa I>
void weighted_rows_forward(Cpu<I>, const Tensor& ids, const Tensor& weights, const Tensor& table,
                           const Tensor& y);
template <Isa I>
void spread_rows(Cpu<I>, const Tensor& dy, const Tensor& weights, const Tensor& z);
void weighted_rows_forward(Cuda, const Tensor& ids, const Tensor& weights, const Tensor& table,
                           const Tensor& y);
void spread_rows(Cuda, const Tensor& dy, const Tensor& weights, const Tensor& z);

}  // namespace hone::kernels
