// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The training loop's body: a step from its number to changed weights.
#pragma once

#include <cstdint>
#include <functional>

#include "data/dataset.h"
#include "data/sampler.h"
#include "models/load_model.h"
#include "train/non_finite.h"
#include "train/optimizer.h"
#include "train/scheduler.h"
#include "train/step.h"

namespace hone {

struct TrainerSettings {
  LrPlan learning_rate = {};
  AdamW::Settings optimizer = {};
  bool recompute = false;  // gradient checkpointing
  bool save_plan = true;   // see StepOptions
  bool aux_loss = false;   // add aux_coefficient times the balancing loss (MoE)
  double aux_coefficient = 0;
  uint64_t seed = 0;  // of dropout
  NonFinite on_non_finite = NonFinite::kStop;
  // Asked between the micro batches of a step: true abandons it.
  std::function<bool()> stop_requested = nullptr;
};

enum class StepOutcome {
  kTaken,
  kSkipped,    // counted, but nothing has changed: loss or gradient was not finite
  kAbandoned,  // not counted: stop_requested() was true before the last micro batch
};

struct StepResult {
  StepOutcome outcome = StepOutcome::kTaken;
  int64_t step = 0;          // counted from 1
  double loss = 0;           // mean cross entropy of the step's labels, before the update
  double aux_loss = 0;       // mean over the micro batches, without its coefficient
  double learning_rate = 0;  // used
  double grad_norm = 0;      // before clipping
  int64_t tokens = 0;        // without padding
};

class Trainer {
 public:
  // All three outlive the trainer. Requires: something in the model trains.
  Trainer(LoadedModel& model, const Dataset& dataset, Sampler& sampler,
          const TrainerSettings& settings);

  // Takes the next step: gradients of all its micro batches, clipping, AdamW.
  // Errors: kNonFinite when the loss or the gradients' norm is not finite and the settings do not
  // say to skip it, naming the step and the rows of the file it came from; the weights are then
  // those of the step before. kOutOfMemory.
  StepResult step();

  // The first half of step(): leaves in the arena the gradient of
  //   sum of the step's cross entropies / its labels + aux_coefficient * mean of its aux losses
  // however the examples are spread over micro batches. The step is not taken.
  StepResult compute_gradients();

  int64_t steps_done() const { return steps_done_; }
  int64_t skipped_in_row() const { return skipped_in_row_; }
  AdamW& optimizer() { return optimizer_; }
  // False after an error in the middle of an update: weights and moments then belong to no step.
  bool between_steps() const { return !updating_; }

  // Continues after `steps_done` steps. The caller has put weights and optimizer into their state.
  void continue_from(int64_t steps_done, int64_t skipped_in_row) {
    steps_done_ = steps_done;
    skipped_in_row_ = skipped_in_row;
  }

 private:
  StepResult run_micro_batches();
  void skip_or_fail(StepResult& result, double value, const char* what);
  void run_micro_batch(const MicroBatch& micro_batch, int64_t index, const StepSamples& samples,
                       StepResult& result);

  LoadedModel& model_;
  const Dataset& dataset_;
  Sampler& sampler_;
  TrainerSettings settings_;
  AdamW optimizer_;
  PassScalars scalars_;
  int64_t steps_done_ = 0;
  int64_t skipped_in_row_ = 0;
  bool updating_ = false;
};

}  // namespace hone
