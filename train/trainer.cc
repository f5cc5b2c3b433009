// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "kernels/elementwise/elementwise.h"
#include "tensor/allocator.h"
#include "tensor/device_memory.h"
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
  check(t.dtype() == dtype_of<T> && t.numel() == static_cast<int64_t>(values.size()),
        "trainer: values for ", t.shape());
  copy_memory(t.raw(), t.device(), values.begin(), kCpu, t.nbytes());
}

// "step 7: the loss is nan; rows of the step: a.jsonl:3, a.jsonl:9".
std::string describe_non_finite(double value, const char* what, int64_t step,
                                const Dataset& dataset, const StepSamples& samples) {
  std::ostringstream text;
  text << "step " << step << ": the " << what << " is " << value
       << "; rows of the step: " << rows_of(dataset, samples);
  return text.str();
}

}  // namespace

Trainer::Trainer(LoadedModel& model, const Dataset& dataset, Sampler& sampler,
                 const TrainerSettings& settings)
    : model_(model),
      dataset_(dataset),
      sampler_(sampler),
      settings_(settings),
      optimizer_(arena_of(model), settings.optimizer),
      scalars_(PassScalars::make(optimizer_.device())) {}

void Trainer::launch_micro_batch(const MicroBatch& micro_batch, int64_t pass, double aux_share) {
  StepOptions options;
  options.recompute = settings_.recompute;
  options.save_plan = settings_.save_plan;
  options.seed_and_pass = scalars_.seed_and_pass;
  set(scalars_.seed_and_pass, {static_cast<int64_t>(settings_.seed), pass});
  if (settings_.aux_loss) {
    options.aux_weight = scalars_.aux_weight;
    options.aux_rows = scalars_.aux_rows;
    set(scalars_.aux_weight, {static_cast<float>(settings_.aux_coefficient * aux_share)});
    set(scalars_.aux_rows, {0, static_cast<int32_t>(tokens_in(dataset_, micro_batch))});
  }

  const StepScope scope(device(), shape_key(micro_batch));
  const Batch batch = collate(dataset_, micro_batch).to(device());
  const StepLosses losses = forward_backward(model_, batch, scalars_.num_items, options);
  const auto add_up = [&](const Tensor& loss, int64_t at) {
    kernels::cast_into(loss.view({1}), scalars_.losses.narrow(0, at, 1), /*accumulate=*/true);
  };
  add_up(losses.cross_entropy, 0);
  if (settings_.aux_loss) add_up(losses.aux, 1);
}

// The gradients of a step, counted from 0. Its outcome is kAbandoned when it was stopped.
Trainer::Launched Trainer::launch_micro_batches(int64_t step) {
  const StepSamples samples = sampler_.at(step);
  Launched launched;
  launched.result.step = step + 1;
  launched.result.learning_rate = learning_rate_at(settings_.learning_rate, step);
  launched.aux_share = 1.0 / static_cast<double>(samples.micro_batches.size());
  int64_t labels = 0;
  for (const MicroBatch& m : samples.micro_batches) {
    labels += labels_in(dataset_, m);
    launched.result.tokens += tokens_in(dataset_, m);
  }
  set(scalars_.num_items, {static_cast<float>(labels)});
  set(scalars_.losses, {0.0, 0.0});

  model_.arena->clear_gradients();
  int64_t pass = step * sampler_.settings().accumulation_steps;
  for (const MicroBatch& m : samples.micro_batches) {
    if (&m != &samples.micro_batches.front() && settings_.stop_requested &&
        settings_.stop_requested()) {
      launched.result.outcome = StepOutcome::kAbandoned;
      return launched;
    }
    launch_micro_batch(m, pass++, launched.aux_share);
  }
  model_.arena->finish_gradients();
  launched.losses = Readback(scalars_.losses);
  return launched;
}

void Trainer::read_losses(Launched& launched) {
  const std::vector<double> losses = launched.losses.wait<double>();
  launched.result.loss = losses[0];
  launched.result.aux_loss = launched.aux_share * losses[1];
}

// Ends the run at a step that was not taken. Where another one is queued behind it the weights are
// those of neither, and nobody gets to see them.
void Trainer::fail_non_finite(const StepResult& result, const std::string& description) const {
  const int64_t taken = result.step - 1 - skipped_in_row_;
  std::ostringstream text;
  text << description;
  if (skipped_in_row_ > 0)
    text << "\n  the " << skipped_in_row_
         << " steps before it were skipped, as many as on_non_finite: skip allows in a row";
  if (launched_.empty())
    text << "\n  the weights are still those "
         << (taken == 0 ? "from before training" : "of step " + std::to_string(taken));
  text << "\n  try a smaller learning_rate, a longer warmup or a smaller max_grad_norm, or look at "
          "these rows";
  if (settings_.on_non_finite == NonFinite::kStop)
    text << "; on_non_finite: skip passes over up to " << kMaxSkipped << " such steps in a row";
  fail(ErrorCode::kNonFinite, text.str());
}

// The step was not taken because `value` is not finite.
void Trainer::skip_or_fail(StepResult& result, double value, const char* what) {
  result.skipped_because =
      describe_non_finite(value, what, result.step, dataset_, sampler_.at(result.step - 1));
  if (settings_.on_non_finite == NonFinite::kStop || skipped_in_row_ >= kMaxSkipped)
    fail_non_finite(result, result.skipped_because);
  result.outcome = StepOutcome::kSkipped;
  ++skipped_in_row_;
}

StepResult Trainer::compute_gradients() {
  Launched launched = launch_micro_batches(steps_done_ + in_flight());
  read_losses(launched);
  const StepResult& result = launched.result;
  const double loss = result.loss + result.aux_loss;
  if (!std::isfinite(loss))
    fail_non_finite(result, describe_non_finite(loss, "loss", result.step, dataset_,
                                                sampler_.at(result.step - 1)));
  return result;
}

bool Trainer::launch() {
  Launched launched = launch_micro_batches(steps_done_ + in_flight());
  if (launched.result.outcome == StepOutcome::kAbandoned) return false;
  updating_ = true;
  {
    const StepScope scope(device(), hash_path("optimizer"));
    launched.grad_norm = optimizer_.launch(launched.result.learning_rate, scalars_.losses);
  }
  updating_ = false;
  launched_.push_back(std::move(launched));
  return true;
}

StepResult Trainer::finish() {
  check(!launched_.empty(), "trainer: no step is in flight");
  Launched launched = std::move(launched_.front());
  launched_.pop_front();
  read_losses(launched);
  StepResult& result = launched.result;
  result.grad_norm = launched.grad_norm.wait<float>()[0];
  const double loss = result.loss + result.aux_loss;
  if (!std::isfinite(loss)) {
    skip_or_fail(result, loss, "loss");
  } else if (!std::isfinite(result.grad_norm)) {
    skip_or_fail(result, result.grad_norm, "norm of the gradients");
  } else {
    optimizer_.count_step();
    skipped_in_row_ = 0;
  }
  ++steps_done_;
  return result;
}

StepResult Trainer::step() {
  check(launched_.empty(), "trainer: a step is in flight");
  if (launch()) return finish();
  StepResult abandoned;
  abandoned.outcome = StepOutcome::kAbandoned;
  return abandoned;
}

}  // namespace hone
