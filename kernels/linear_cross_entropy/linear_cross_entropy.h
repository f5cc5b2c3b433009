// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Output projection and cross entropy together, loss and gradient in one pass.
//                                     the problem: Wijmans et al. 2024, arXiv:2411.09009
//
//   z[n,:]  = h[n,:] W^T        for the m rows of the N with a label t[n]; the others do nothing
//   loss    = sum_n (log sum_v exp(z[n,v]) - z[n,t[n]]) / num_items
//   dz[n,v] = (exp(z[n,v]) / sum_u exp(z[n,u]) - [v = t[n]]) / num_items
//   dh = dz W                   dW = dz^T h
//
//   h, dh [N, C], W [V, C] in T = f32, f64 or bf16      targets [N] i64, -100: no label
//   num_items, loss scalars and dW [V, C] in f32 (f64 for f64)
//   z is rounded to T, the rest of the softmax is f32 (f64), dz is rounded to T. The losses are
//   summed in double, in the order of the rows.
//
//   How it works: z never exists as a whole. The labelled rows are gathered some hundred at a
//   time; their logits [rows, V] turn into dz in place and are multiplied back at once, for dh and dW.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "tensor/tensor.h"

namespace hone::kernels {

inline constexpr int64_t kIgnoredLabel = -100;
// Rows whose logits exist at a time: as many as fill the processor that multiplies them.
constexpr int64_t logit_rows(Device device) { return is_gpu(device) ? 1024 : 256; }

struct LinearCrossEntropyOutput {
  Tensor loss;  // scalar; 0 if no row has a label
  Tensor dh;    // [N, C] T, zero for rows without a label; undefined unless asked for
};

// dw may be unwanted. Errors: kInternal if a target is neither -100 nor in [0, V).
LinearCrossEntropyOutput linear_cross_entropy(const Tensor& h, const Tensor& w,
                                              const Tensor& targets, const Tensor& num_items,
                                              bool want_dh, const GradTarget& dw);

// m labelled rows.
Cost linear_cross_entropy_cost(int64_t m, int64_t c, int64_t v, DType t, bool dh, bool dw);

// Device implementations.
// Writes the positions of the labelled rows to `rows` [N] i32, ascending, and their number to
// `count` [1] i32. On a GPU -1 follows in `rows`: the functions below pass such rows by.
template <Isa I>
void labelled_rows(Cpu<I>, const Tensor& targets, int64_t v, const Tensor& rows,
                   const Tensor& count);
// to[i,:] = from[rows[i],:], or back.
template <Isa I>
void gather_rows(Cpu<I>, const Tensor& from, const Tensor& rows, const Tensor& to);
template <Isa I>
void scatter_rows(Cpu<I>, const Tensor& from, const Tensor& rows, const Tensor& to);
// The rows' losses, undivided, go to `losses` [n]; if a gradient is wanted, z [n, V] becomes dz.
template <Isa I>
void softmax_cross_entropy(Cpu<I>, const Tensor& z, const Tensor& targets, const Tensor& rows,
                           const Tensor& num_items, const Tensor& losses, bool gradient);
// loss = sum of the first `count` losses / num_items.
template <Isa I>
void sum_losses(Cpu<I>, const Tensor& losses, const Tensor& count, const Tensor& num_items,
                const Tensor& loss);
void labelled_rows(Cuda, const Tensor& targets, int64_t v, const Tensor& rows, const Tensor& count);
void gather_rows(Cuda, const Tensor& from, const Tensor& rows, const Tensor& to);
void scatter_rows(Cuda, const Tensor& from, const Tensor& rows, const Tensor& to);
void softmax_cross_entropy(Cuda, const Tensor& z, const Tensor& targets, const Tensor& rows,
                           const Tensor& num_items, const Tensor& losses, bool gradient);
void sum_losses(Cuda, const Tensor& losses, const Tensor& count, const Tensor& num_items,
                const Tensor& loss);

}  // namespace hone::kernels
