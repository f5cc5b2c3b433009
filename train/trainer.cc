// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>

#include "tensor/allocator.h"
#include "tensor/random.h"
#include "train/collate.h"

namespace hone {
namespace {

// The allocations of a pass depend on these numbers and nothing else.
uint64_t shape_key(const MicroBatch& m) {
  return hash_path("train " + std::to_string(m.tokens) + " " + std::to_string(m.documents));
}

std::string rows_of(const Dataset& dataset, const StepSamples& samples) {
  constexpr int kShown = 8;
  std::string text;
  int64_t count = 0;
  for (const MicroBatch& m : samples.micro_batches)
    for (const int64_t example : m.examples)
      if (++count <= kShown) text += (count == 1 ? "" : ", ") + dataset.where(example);
  if (count > kShown) text += " and " + std::to_string(count - kShown) + " more";
  return text;
}

nn::ParameterArena& arena_of(LoadedModel& model) {
  check(model.arena != nullptr, "trainer: nothing in the model trains");
  return *model.arena;
}

template <class T>
void set(const Tensor& t, std::initializer_list<T> values) {
  std::copy(values.begin(), values.end(), t.data<T>());
}

[[noreturn]] void fail_non_finite(double value, const char* what, int64_t step,
                                  const Dataset& dataset, const StepSamples& samples) {
  fail(ErrorCode::kNonFinite, "step ", step, ": the ", what, " is ", value,
       "; the weights are still those of step ", step - 1,
       "\n  rows of the step: ", rows_of(dataset, samples),
       "\n  try a smaller learning_rate, a longer warmup or a smaller max_grad_norm, or look at "
       "these rows");
}

}  // namespace

Trainer::Trainer(LoadedModel& model, const Dataset& dataset, Sampler& sampler,
                 const TrainerSettings& settings)
    : model_(model),
      dataset_(dataset),
      sampler_(sampler),
      settings_(settings),
      optimizer_(arena_of(model), settings.optimizer),
      scalars_(PassScalars::make(kCpu)) {}

void Trainer::run_micro_batch(const MicroBatch& micro_batch, int64_t index,
                              const StepSamples& samples, StepResult& result) {
  StepOptions options;
  options.recompute = settings_.recompute;
  options.save_plan = settings_.save_plan;
  options.seed_and_pass = scalars_.seed_and_pass;
  set(scalars_.seed_and_pass, {static_cast<int64_t>(settings_.seed),
                               steps_done_ * sampler_.settings().accumulation_steps + index});
  const double aux_share = 1.0 / static_cast<double>(samples.micro_batches.size());
  if (settings_.aux_loss) {
    options.aux_weight = scalars_.aux_weight;
    options.aux_rows = scalars_.aux_rows;
    set(scalars_.aux_weight, {static_cast<float>(settings_.aux_coefficient * aux_share)});
    set(scalars_.aux_rows, {0, static_cast<int32_t>(tokens_in(dataset_, micro_batch))});
  }

  const StepScope scope(kCpu, shape_key(micro_batch));
  const Batch batch = collate(dataset_, micro_batch);
  const StepLosses losses = forward_backward(model_, batch, scalars_.num_items, options);
  result.loss += static_cast<double>(losses.cross_entropy.item<float>());
  if (settings_.aux_loss)
    result.aux_loss += aux_share * static_cast<double>(losses.aux.item<float>());
}

StepResult Trainer::run_micro_batches() {
  const StepSamples samples = sampler_.at(steps_done_);
  StepResult result;
  result.step = steps_done_ + 1;
  result.learning_rate = learning_rate_at(settings_.learning_rate, steps_done_);
  int64_t labels = 0;
  for (const MicroBatch& m : samples.micro_batches) {
    labels += labels_in(dataset_, m);
    result.tokens += tokens_in(dataset_, m);
  }
  set(scalars_.num_items, {static_cast<float>(labels)});

  model_.arena->clear_gradients();
  int64_t index = 0;
  for (const MicroBatch& m : samples.micro_batches) {
    if (index > 0 && settings_.stop_requested && settings_.stop_requested()) {
      result.outcome = StepOutcome::kAbandoned;
      return result;
    }
    run_micro_batch(m, index++, samples, result);
  }
  model_.arena->finish_gradients();
  return result;
}

// The step is not taken because `value` is not finite.
void Trainer::skip_or_fail(StepResult& result, double value, const char* what) {
  if (settings_.on_non_finite == NonFinite::kStop || skipped_in_row_ >= kMaxSkipped)
    fail_non_finite(value, what, result.step, dataset_, sampler_.at(steps_done_));
  result.outcome = StepOutcome::kSkipped;
  ++skipped_in_row_;
  ++steps_done_;
}

StepResult Trainer::compute_gradients() {
  StepResult result = run_micro_batches();
  const double loss = result.loss + result.aux_loss;
  if (!std::isfinite(loss))
    fail_non_finite(loss, "loss", result.step, dataset_, sampler_.at(steps_done_));
  return result;
}

StepResult Trainer::step() {
  StepResult result = run_micro_batches();
  if (result.outcome == StepOutcome::kAbandoned) return result;
  if (const double loss = result.loss + result.aux_loss; !std::isfinite(loss)) {
    result.grad_norm = std::numeric_limits<double>::quiet_NaN();
    skip_or_fail(result, loss, "loss");
    return result;
  }
  updating_ = true;
  {
    const StepScope scope(kCpu, hash_path("optimizer"));
    result.grad_norm = optimizer_.step(result.learning_rate);
  }
  updating_ = false;
  if (!std::isfinite(result.grad_norm)) {
    skip_or_fail(result, result.grad_norm, "norm of the gradients");
    return result;
  }
  skipped_in_row_ = 0;
  ++steps_done_;
  return result;
}

}  // namespace hone
