// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// One forward and backward pass of a packed row.
#pragma once

#include "models/load_model.h"

namespace hone {

// What changes from pass to pass is in tensors that kernels read, so that a captured pass can be
// replayed with new values.
struct StepOptions {
  bool recompute = false;  // gradient checkpointing
  // The weight of the balancing loss (MoE), a scalar like num_items: its coefficient / micro batches
  // of the step. Undefined: no balancing loss.
  Tensor aux_weight = {};
  Tensor aux_rows = {};       // [2] i32: its rows are [begin, end); undefined: all
  Tensor seed_and_pass = {};  // of dropout: nn/forward_context.h; needed where there is one
  std::vector<Tensor> replay_ids = {};  // routing to use, per MoE layer; empty: the router's own
};

struct StepLosses {
  Tensor cross_entropy;  // scalar f32: this row's share of the step's mean
  Tensor aux;            // scalar f32, without its coefficient; undefined if not asked for
};

// Where a step's number of labels is kept: an uninitialised f32 scalar.
Tensor label_count(Device device);

// Adds the gradients of
//   sum of the row's cross entropies / num_items + aux_weight * aux
// to the arena. num_items: f32 scalar, the labels of all micro-batches of the step.
// Sync: none; what it launches and allocates depends on the shapes of the batch alone.
StepLosses forward_backward(const LoadedModel& loaded, const Batch& batch, const Tensor& num_items,
                            const StepOptions& options);

}  // namespace hone
