// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// One forward and backward pass of a packed row.
#pragma once

#include "models/load_model.h"

namespace hone {

// What changes from pass to pass, in tensors that kernels read: a captured pass can be replayed with
// new values.
struct PassScalars {
  Tensor num_items;   // f32 scalar: labels of all micro batches of the step
  Tensor aux_weight;  // f32 scalar: coefficient of the balancing loss / micro batches of the step
  Tensor aux_rows;    // [2] i32: the balancing loss counts rows [begin, end)
  Tensor seed_and_pass;  // [2] i64: of dropout, kernels/dropout/dropout.h
  Tensor losses;         // [2] f64: of the step's passes so far, cross entropy and balancing loss

  static PassScalars make(Device device);  // uninitialised
};

struct StepOptions {
  bool recompute = false;  // gradient checkpointing: whole layers run again in backward
  bool save_plan = true;   // the model's (models/save_plan.h); false: the caller's, or keep all
  // As in PassScalars, where the model has use for them.
  Tensor aux_weight = {};               // undefined: without the balancing loss
  Tensor aux_rows = {};                 // undefined: all rows
  Tensor seed_and_pass = {};            // undefined: there is no dropout
  std::vector<Tensor> replay_ids = {};  // routing to use, per MoE layer; empty: the router's own
};

struct StepLosses {
  Tensor cross_entropy;  // scalar f32: this row's share of the step's mean
  Tensor aux;            // scalar f32, without its coefficient; undefined if not asked for
};

// Adds the gradients of
//   sum of the row's cross entropies / num_items + aux_weight * aux
// to the arena. num_items and aux_weight are f64 for an f64 model.
// Sync: none; what it launches and allocates depends on the shapes of the batch alone.
StepLosses forward_backward(const LoadedModel& loaded, const Batch& batch, const Tensor& num_items,
                            const StepOptions& options);

}  // namespace hone
