// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From the step where a run stands to its last: steps, metrics, progress, checkpoints, stopping.
#pragma once

#include <cstdio>

#include "train/answer_evaluator.h"
#include "train/checkpoint_keeper.h"
#include "train/evaluator.h"
#include "train/loss_watchdog.h"
#include "train/metrics.h"
#include "train/run_report.h"
#include "train/run_state.h"
#include "train/step_schedule.h"
#include "train/trainer.h"

namespace hone {

// Evaluations of a run.
struct EvaluationPlan {
  Evaluator* evaluator = nullptr;  // null: no held-out rows
  StepSchedule schedule;
  std::optional<int64_t> patience = {};  // early stopping
  double threshold = 0;
  bool keep_best = false;                    // the best model so far is the result in the end
  bool save_best = false;                    // its checkpoint is what save_strategy asks for
  bool on_start = false;                     // one before the first step too
  const AnswerEvaluator* answers = nullptr;  // null: only the loss is measured
  int64_t shown_answers = 0;

  bool due(int64_t step) const { return evaluator && step > 0 && schedule.due(step); }
};

struct TrainingLoop {
  Trainer& trainer;
  const RunPlan& plan;
  CheckpointKeeper& keeper;
  MetricsWriter& metrics;
  StepSchedule schedule;  // of checkpoints
  EvaluationPlan evaluation;
  LossWatchdog watchdog;
  RunState state = {};  // of the steps done before
};

// Returns after the last step, when evaluations have stopped getting better, or after a signal asked
// to stop and the state was saved; the outcome says which. A step that a signal interrupts between
// its micro batches is given up: the state is that before it. An evaluation that one interrupts is
// made when the run continues.
// Errors: those of Trainer::step, LossWatchdog, CheckpointKeeper and MetricsWriter. When memory runs
// out in a step, the state before it is saved if that is possible.
RunOutcome run_training_loop(TrainingLoop& loop, std::FILE* out);

}  // namespace hone
