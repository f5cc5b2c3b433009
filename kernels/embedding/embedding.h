// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows of a table by index.
//
//   y[n,c]      = table[ids[n], c]
//   dtable[v,c] = sum over n with ids[n] = v of dy[n,c]
//
//   ids [N] i64   table [V, C], y, dy [N, C] in T = f32, f64 or bf16   dtable [V, C] f32 (f64 for
//   f64) Backward sorts the rows by (id, position); each row of the table is then summed by one
//   thread in the order of positions: no atomics.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Errors: kInternal if an id is outside [0, V).
Tensor embedding_forward(const Tensor& ids, const Tensor& table);
// dtable must be wanted. ids: as in the forward pass, where they were checked.
void embedding_backward(const Tensor& dy, const Tensor& ids, const GradTarget& dtable);

// N rows of C elements of T; the gradient adds to a table that is there already.
Cost embedding_forward_cost(int64_t n, int64_t c, DType t);
Cost embedding_backward_cost(int64_t n, int64_t c, DType t);

// Device implementations. `order` i32 is scratch, [N], on a GPU [2, N]; dtable is added to.
template <Isa I>
void embedding_forward(Cpu<I>, const Tensor& ids, const Tensor& table, const Tensor& y);
template <Isa I>
void embedding_backward(Cpu<I>, const Tensor& dy, const Tensor& ids, const Tensor& order,
                        const Tensor& dtable);
void embedding_forward(Cuda, const Tensor& ids, const Tensor& table, const Tensor& y);
void embedding_backward(Cuda, const Tensor& dy, const Tensor& ids, const Tensor& order,
                        const Tensor& dtable);

}  // namespace hone::kernels
