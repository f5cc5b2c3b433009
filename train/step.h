// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// One forward and backward pass of a packed row.
#pragma once

#include "models/load_model.h"

namespace hone {

struct StepOptions {
  bool recompute = false;  // gradient checkpointing
  bool aux_loss = false;   // add the config's balancing loss (MoE)
  double aux_coefficient = 0;
  double aux_share = 1;                 // 1 / micro-batches of the step: their mean counts
  int64_t aux_rows = 0;                 // only the first so many rows count for it; 0: all
  uint64_t seed = 0;                    // of dropout
  uint64_t pass = 0;                    // number of this forward pass in the run
  std::vector<Tensor> replay_ids = {};  // routing to use, per MoE layer; empty: the router's own
};

struct StepLosses {
  Tensor cross_entropy;  // scalar f32: this row's share of the step's mean
  Tensor aux;            // scalar f32, without its coefficient; undefined if not asked for
};

// Where a step's number of labels is kept: an uninitialised f32 scalar.
Tensor label_count(Device device);

// Adds the gradients of
//   sum of the row's cross entropies / num_items + aux_share * aux_coefficient * aux
// to the arena. num_items: f32 scalar, the labels of all micro-batches of the step.
StepLosses forward_backward(const LoadedModel& loaded, const Batch& batch, const Tensor& num_items,
                            const StepOptions& options);

}  // namespace hone
