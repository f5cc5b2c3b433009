// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"
#include "kernels/moe/route.h"

namespace hone {

struct MoeRoute {
  Var weights;  // [N, K] in the logits' dtype
  Tensor ids;   // [N, K] i32, by descending probability, of equal ones the lowest index first
};

// The k experts of each token and their weights from logits [N, E]; maths in
// kernels/moe/route.h. renormalise: the weights of a token sum to 1. replay_ids [N, K] i32: use
// these experts instead of the k best, with weights from the logits.
//
// Ids and weights are kept through recomputation: a checkpointed block cannot route differently
// the second time. Saves: the weights in f32 when renormalised, else moe_route.logits.
MoeRoute moe_route(const Var& logits, int64_t k, bool renormalise,
                   const Tensor& replay_ids = Tensor());

}  // namespace hone
