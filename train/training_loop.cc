// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/training_loop.h"

#include <chrono>
#include <new>

#include "tensor/allocator.h"
#include "train/progress.h"
#include "train/stop_signals.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void count(const StepResult& r, double seconds, const TrainingLoop& loop, RunState& state) {
  if (r.step == 1) state.first_loss = r.loss;
  state.last_loss = r.loss;
  state.steps = r.step;
  state.optimizer_steps = loop.trainer.optimizer().steps_taken();
  state.skipped_in_row = loop.trainer.skipped_in_row();
  state.tokens += r.tokens;
  state.seconds += seconds;
}

// Weights and moments are those before the step that failed; losing them would be a pity.
std::string save_after_out_of_memory(TrainingLoop& loop) {
  if (!loop.trainer.between_steps() || loop.state.steps == 0)
    return "no new checkpoint was written";
  try {
    return "the state after step " + std::to_string(loop.state.steps) + " is saved in " +
           loop.keeper.save(loop.state, loop.metrics, /*full=*/true).string();
  } catch (const std::exception& e) {
    return std::string("no new checkpoint was written: ") + e.what();
  }
}

// Nothing has to happen between this step, counted from 1, and the one after it.
bool may_run_on(const TrainingLoop& loop, int64_t step) {
  return loop.trainer.overlaps() && step < loop.plan.total_steps && stop_signal() == 0 &&
         !loop.schedule.due(step) && !loop.evaluation.due(step);
}

// Queues the next step behind one in flight. Where memory is too short for it, the call that is made
// when nothing is in flight says so.
void launch_ahead(Trainer& trainer) {
  try {
    trainer.launch();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kOutOfMemory) throw;
  }
}

// The result of the next step. Where steps may overlap, the one after it is queued before its result
// is read.
StepResult take_step(TrainingLoop& loop) {
  Trainer& trainer = loop.trainer;
  try {
    StepResult abandoned;
    abandoned.outcome = StepOutcome::kAbandoned;
    if (trainer.in_flight() == 0 && !trainer.launch()) return abandoned;
    if (may_run_on(loop, loop.state.steps + 1)) launch_ahead(trainer);
    return trainer.finish();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kOutOfMemory) throw;
    fail(ErrorCode::kOutOfMemory, e.what(), "\n  ", save_after_out_of_memory(loop));
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::kOutOfMemory, "the system has no memory left\n  ",
         save_after_out_of_memory(loop));
  }
}

void report(const StepResult& r, double seconds, double elapsed, int64_t first_step,
            TrainingLoop& loop, ProgressPrinter& progress) {
  const double speed = static_cast<double>(r.tokens) / seconds;
  const int64_t memory = memory_stats(loop.trainer.device()).peak;
  loop.metrics.write({.step = r.step,
                      .loss = r.loss,
                      .lr = r.learning_rate,
                      .grad_norm = r.grad_norm,
                      .tokens = r.tokens,
                      .tokens_per_second = speed,
                      .memory_bytes = memory,
                      .skipped = r.outcome == StepOutcome::kSkipped});
  const int64_t total = loop.plan.total_steps;
  progress.update(
      {.step = r.step,
       .total_steps = total,
       .loss = r.loss,
       .learning_rate = r.learning_rate,
       .grad_norm = r.grad_norm,
       .tokens_per_second = speed,
       .memory_bytes = memory,
       .seconds_left = estimate_seconds_left(elapsed, r.step - first_step, total - r.step)});
}

void show_evaluation(const Evaluation& e, const RunState& state, ProgressPrinter& progress,
                     std::FILE* out) {
  progress.finish();
  std::fprintf(out, "evaluation after step %lld: loss %.4f, perplexity %.4g%s, %s\n",
               static_cast<long long>(state.steps), e.loss, e.perplexity(),
               state.evaluation.best_step == state.steps ? " (the best so far)" : "",
               format_duration(e.seconds).c_str());
  std::fflush(out);
}

// The evaluation that is due after the steps done, unless it was made.
void evaluate(TrainingLoop& loop, ProgressPrinter& progress, std::FILE* out) {
  RunState& state = loop.state;
  if (!loop.evaluation.due(state.steps) || state.evaluation.step == state.steps) return;
  const std::optional<Evaluation> e = loop.evaluation.evaluator->run();
  if (!e) return;
  const bool best =
      take_evaluation(state.steps, e->loss, loop.evaluation.threshold, state.evaluation);
  loop.metrics.write_evaluation({.step = state.steps,
                                 .loss = e->loss,
                                 .perplexity = e->perplexity(),
                                 .labels = e->labels,
                                 .tokens = e->tokens,
                                 .seconds = e->seconds});
  show_evaluation(*e, state, progress, out);
  if (best && loop.evaluation.keep_best) loop.keeper.save(state, loop.metrics, /*full=*/true);
}

}  // namespace

RunOutcome run_training_loop(TrainingLoop& loop, std::FILE* out) {
  const StopScope stop_scope;
  ProgressPrinter progress(out, loop.plan.config.logging_steps);
  RunState& state = loop.state;
  const int64_t first_step = state.steps;
  const Clock::time_point start = Clock::now();
  evaluate(loop, progress, out);
  const auto stopped_early = [&] {
    return stops_early(state.evaluation, loop.evaluation.patience);
  };
  while (loop.trainer.in_flight() > 0 ||
         (state.steps < loop.plan.total_steps && stop_signal() == 0 && !stopped_early())) {
    const Clock::time_point step_start = Clock::now();
    const StepResult r = take_step(loop);
    if (r.outcome == StepOutcome::kAbandoned) break;
    const double seconds = seconds_since(step_start);
    count(r, seconds, loop, state);
    report(r, seconds, seconds_since(start), first_step, loop, progress);
    loop.watchdog.observe(r.step, r.loss, state.above_threshold);
    evaluate(loop, progress, out);
    if (loop.schedule.due(r.step)) loop.keeper.save(state, loop.metrics);
  }
  progress.finish();
  RunOutcome outcome = outcome_of(state);
  outcome.stopped_early = stopped_early();
  if (outcome.stopped_early && loop.schedule.ever()) loop.keeper.save(state, loop.metrics);
  const bool evaluated = !loop.evaluation.due(state.steps) || state.evaluation.step == state.steps;
  if ((state.steps < loop.plan.total_steps && !outcome.stopped_early) || !evaluated) {
    outcome.signal = stop_signal();
    outcome.result = loop.keeper.save(state, loop.metrics, /*full=*/true);
  }
  return outcome;
}

}  // namespace hone
