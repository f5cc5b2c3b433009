// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The training loop's body: a step from its number to changed weights.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "data/dataset.h"
#include "data/sampler.h"
#include "models/load_model.h"
#include "tensor/readback.h"
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
  int64_t step = 0;                  // counted from 1
  double loss = 0;                   // mean cross entropy of the step's labels, before the update
  double aux_loss = 0;               // mean over the micro batches, without its coefficient
  double learning_rate = 0;          // used
  double grad_norm = 0;              // before clipping
  int64_t tokens = 0;                // without padding
  std::string skipped_because = {};  // kSkipped: "step 7: the loss is nan; rows of the step: ..."
};

class Trainer {
 public:
  // All three outlive the trainer. Requires: something in the model trains.
  Trainer(LoadedModel& model, const Dataset& dataset, Sampler& sampler,
          const TrainerSettings& settings);

  // Takes the next step: gradients of all its micro batches, clipping, AdamW.
  // Errors: kNonFinite when the loss or the gradients' norm is not finite and the settings do not
  // say to skip it, naming the step and the rows of the file it came from; the weights are then
  // those of the last step taken. kOutOfMemory.
  StepResult step();

  // The same in two halves: launch() queues the next step, finish() waits for the oldest one queued.
  // A GPU computes a step while the host reads the results of the one before; on the CPU launch() does
  // all the work. launch() is false, and nothing is queued, when stop_requested() abandoned the step.
  // Errors: of step(), launch(): kOutOfMemory, finish(): kNonFinite; steps queued after one that is
  // not finite were taken.
  bool launch();
  StepResult finish();
  int64_t in_flight() const { return static_cast<int64_t>(launched_.size()); }
  bool overlaps() const { return device().type == DeviceType::cuda; }
  Device device() const { return optimizer_.device(); }

  // The first half of step(): leaves in the arena the gradient of
  //   sum of the step's cross entropies / its labels + aux_coefficient * mean of its aux losses
  // however the examples are spread over micro batches. The step is not taken.
  StepResult compute_gradients();

  int64_t steps_done() const { return steps_done_; }  // finished
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
  // A queued step, and what it will say.
  struct Launched {
    StepResult result;  // loss, aux_loss and grad_norm still missing
    double aux_share = 0;
    Readback losses;     // [2] f64, PassScalars::losses
    Readback grad_norm;  // f32 scalar
  };
  Launched launch_micro_batches(int64_t step);
  void launch_micro_batch(const MicroBatch& micro_batch, int64_t pass, double aux_share);
  static void read_losses(Launched& launched);
  [[noreturn]] void fail_non_finite(const StepResult& result, const std::string& description) const;
  void skip_or_fail(StepResult& result, double value, const char* what);

  LoadedModel& model_;
  const Dataset& dataset_;
  Sampler& sampler_;
  TrainerSettings settings_;
  AdamW optimizer_;
  PassScalars scalars_;
  std::deque<Launched> launched_;
  int64_t steps_done_ = 0;
  int64_t skipped_in_row_ = 0;
  bool updating_ = false;
};

}  // namespace hone
