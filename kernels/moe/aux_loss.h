// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The load-balancing loss of a mixture of experts, over all layers at once.
//                                          source: Fedus et al. 2021, arXiv:2101.03961, eq. 4
//
//   q = softmax(logits[t,:])      rows = layers * (end - begin)
//   f_e  = (how often expert e was chosen, over layers and rows) / rows
//   P_e  = (sum of q_e over layers and rows) / rows
//   loss = E * sum_e f_e P_e      K when the load is even
//   dlogits[t,e] = dloss * E / rows * q_e (f_e - sum_j q_j f_j)     f is constant; other rows 0
//
//   Per layer logits [N, E] in T = f32, f64 or bf16 and ids [N, K] i32; loss (scalar) and f [E] in
//   f32 (f64 for f64). Softmax in f32 (f64); sums over blocks of 64 rows, then an ordered sum in
//   f64. Without rows the loss is 0.
//   Rows [begin, end) of each layer count, the others are padding. Both are read on the device from
//   counted [2] i32, so that a captured step is replayed with others; undefined: all rows count.
#pragma once

#include <span>

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct LoadBalancing {
  Tensor loss;       // scalar
  Tensor fractions;  // [E]: f, for backward
};

// One tensor per layer. Errors: kInternal unless 0 <= begin <= end <= N, looked at where the host
// can: on the CPU.
LoadBalancing load_balancing_forward(std::span<const Tensor> logits, std::span<const Tensor> ids,
                                     const Tensor& counted);

// Returns dlogits [N, E] of one of `layers` layers. dloss: scalar.
Tensor load_balancing_backward(const Tensor& dloss, const Tensor& logits, const Tensor& fractions,
                               const Tensor& counted, int64_t layers);

Cost load_balancing_forward_cost(int64_t layers, int64_t n, int64_t experts, int64_t k, DType t);
// One layer.
Cost load_balancing_backward_cost(int64_t n, int64_t experts, DType t);

// Device implementations; outputs are allocated by the functions above. probabilities and counts
// [ceil(N / 64), E]: sums over each block of rows of one layer, from row begin on; zero beyond end.
inline constexpr int64_t kLoadBalancingRowBlock = 64;
template <Isa I>
void load_balancing_partial(Cpu<I>, const Tensor& logits, const Tensor& ids, const Tensor& counted,
                            const Tensor& probabilities, const Tensor& counts);
// From the blocks of all layers of n rows each.
template <Isa I>
void load_balancing_total(Cpu<I>, const Tensor& probabilities, const Tensor& counts,
                          const Tensor& counted, int64_t n, int64_t layers,
                          const LoadBalancing& out);
template <Isa I>
void load_balancing_backward(Cpu<I>, const Tensor& dloss, const Tensor& logits,
                             const Tensor& fractions, const Tensor& counted, int64_t layers,
                             const Tensor& dlogits);
void load_balancing_partial(Cuda, const Tensor& logits, const Tensor& ids, const Tensor& counted,
                            const Tensor& probabilities, const Tensor& counts);
void load_balancing_total(Cuda, const Tensor& probabilities, const Tensor& counts,
                          const Tensor& counted, int64_t n, int64_t layers,
                          const LoadBalancing& out);
void load_balancing_backward(Cuda, const Tensor& dloss, const Tensor& logits,
                             const Tensor& fractions, const Tensor& counted, int64_t layers,
                             const Tensor& dlogits);

}  // namespace hone::kernels
