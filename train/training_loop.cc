// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/training_loop.h"

#include <algorithm>
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
  state.steps = r.step;
  state.optimizer_steps = loop.trainer.optimizer().steps_taken();
  // A skipped step's loss stands only where there is no other.
  const bool taken = r.outcome == StepOutcome::kTaken;
  if (r.step == 1 || (taken && state.optimizer_steps == 1)) state.first_loss = r.loss;
  if (taken || state.optimizer_steps == 0) state.last_loss = r.loss;
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
            TrainingLoop& loop, ProgressPrinter& progress, std::FILE* out) {
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
  if (r.outcome == StepOutcome::kSkipped) {
    progress.finish();
    std::fprintf(out, "skipped %s (%lld in a row, %lld at most)\n", r.skipped_because.c_str(),
                 static_cast<long long>(loop.trainer.skipped_in_row()),
                 static_cast<long long>(kMaxSkipped));
    std::fflush(out);
    return;
  }
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

// One evaluation: the loss, and the answers where they are wanted.
struct Measured {
  Evaluation loss;
  std::optional<AnswerEvaluation> answers;

  double seconds() const { return loss.seconds + (answers ? answers->seconds : 0); }
};

// Nothing if it was given up.
std::optional<Measured> measure(const TrainingLoop& loop) {
  const std::optional<Evaluation> loss = loop.evaluation.evaluator->run();
  if (!loss) return std::nullopt;
  Measured m = {*loss, std::nullopt};
  if (!loop.evaluation.answers) return m;
  m.answers = loop.evaluation.answers->run();
  if (!m.answers) return std::nullopt;
  return m;
}

void record(const Measured& m, int64_t step, MetricsWriter& metrics) {
  EvalMetrics line = {.step = step,
                      .loss = m.loss.loss,
                      .perplexity = m.loss.perplexity(),
                      .labels = m.loss.labels,
                      .tokens = m.loss.tokens,
                      .seconds = m.seconds()};
  if (m.answers) {
    line.exact_match = m.answers->exact_match();
    line.answers = static_cast<int64_t>(m.answers->answers.size());
  }
  metrics.write_evaluation(line);
}

void show(const Measured& m, const std::string& when, bool best, ProgressPrinter& progress,
          std::FILE* out) {
  progress.finish();
  std::string text = "evaluation " + when + ": ";
  if (m.answers) text += describe_exact_match(*m.answers) + ", ";
  std::fprintf(out, "%sloss %.4f, perplexity %.4g%s, %s\n", text.c_str(), m.loss.loss,
               m.loss.perplexity(), best ? " (the best so far)" : "",
               format_duration(m.seconds()).c_str());
  std::fflush(out);
}

// The first answers that the model gives, for the report at the end of the run.
std::vector<HeldOutAnswer> shown_answers(const TrainingLoop& loop, const Measured& m) {
  if (!m.answers) return {};
  const std::vector<HeldOutAnswer>& all = m.answers->answers;
  const int64_t n = std::min(loop.evaluation.shown_answers, static_cast<int64_t>(all.size()));
  return {all.begin(), all.begin() + n};
}

// The evaluation before the first step. It counts for no stopping and no best model.
void evaluate_start(const TrainingLoop& loop, ProgressPrinter& progress, std::FILE* out,
                    ShownAnswers& shown) {
  if (!loop.evaluation.evaluator || !loop.evaluation.on_start || loop.state.steps > 0) return;
  const std::optional<Measured> m = measure(loop);
  if (!m) return;
  record(*m, 0, loop.metrics);
  show(*m, "before training", /*best=*/false, progress, out);
  shown.before = shown_answers(loop, *m);
}

// The evaluation that is due after the steps done, unless it was made.
void evaluate(TrainingLoop& loop, ProgressPrinter& progress, std::FILE* out, ShownAnswers& shown) {
  RunState& state = loop.state;
  if (!loop.evaluation.due(state.steps) || state.evaluation.step == state.steps) return;
  const std::optional<Measured> m = measure(loop);
  if (!m) return;
  const bool best =
      take_evaluation(state.steps, m->loss.loss, loop.evaluation.threshold, state.evaluation);
  record(*m, state.steps, loop.metrics);
  show(*m, "after step " + std::to_string(state.steps), state.evaluation.best_step == state.steps,
       progress, out);
  if (best || !loop.evaluation.keep_best) shown.after = shown_answers(loop, *m);
  if (best && (loop.evaluation.keep_best || loop.evaluation.save_best))
    loop.keeper.save(state, loop.metrics, /*full=*/loop.evaluation.keep_best);
}

}  // namespace

RunOutcome run_training_loop(TrainingLoop& loop, std::FILE* out) {
  ProgressPrinter progress(out, loop.plan.config.logging_steps);
  RunState& state = loop.state;
  const int64_t first_step = state.steps;
  ShownAnswers shown;
  evaluate_start(loop, progress, out, shown);
  evaluate(loop, progress, out, shown);
  const Clock::time_point start = Clock::now();
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
    report(r, seconds, seconds_since(start), first_step, loop, progress, out);
    loop.watchdog.observe(r.step, r.loss, state.above_threshold);
    evaluate(loop, progress, out, shown);
    if (loop.schedule.due(r.step)) loop.keeper.save(state, loop.metrics);
  }
  progress.finish();
  RunOutcome outcome = outcome_of(state);
  outcome.answers = std::move(shown);
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
