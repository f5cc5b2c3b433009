// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Brings the (token, expert) pairs of a mixture of experts into expert order.
//
//   assignment a = t * K + j   the j-th expert of token t, an id in [0, E)
//   position p                 assignments sorted by expert; within an expert by a (stable)
//   order[p] = a               inverse[a] = p
//   offsets[e] = first position of expert e, offsets[E] = N * K
//
//   ids [N, K], order and inverse [N K], offsets [E + 1], all i32. Experts without tokens have
//   offsets[e] == offsets[e + 1]. Everything stays on the device: sizes depend on shapes alone.
//   A counting sort: reads the ids twice, O(N K + E).
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct ExpertOrder {
  Tensor order;    // [N K] i32: position -> assignment
  Tensor inverse;  // [N K] i32: assignment -> position
  Tensor offsets;  // [E + 1] i32: first position of each expert; the last entry is N K
};

// ids [N, K] i32. Requires: ids in [0, experts) (checked on the CPU), N K < 2^31.
ExpertOrder moe_sort(const Tensor& ids, int64_t experts);

// P = N K assignments to E experts.
Cost moe_sort_cost(int64_t assignments, int64_t experts);

// Throws unless ids is a contiguous i32 matrix and, on the CPU, all are in [0, experts). `op` names
// the caller in the message.
void check_expert_ids(const char* op, const Tensor& ids, int64_t experts);

// Device implementations. On a GPU `scratch` is [ceil(N K / kMoeSortChunk), E] i32; the CPU needs none.
inline constexpr int64_t kMoeSortChunk = 1024;
template <Isa I>
void moe_sort(Cpu<I>, const Tensor& ids, const ExpertOrder& out, const Tensor& scratch);
void moe_sort(Cuda, const Tensor& ids, const ExpertOrder& out, const Tensor& scratch);

}  // namespace hone::kernels
