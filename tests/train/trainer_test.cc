// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/core/parallel.h"
#include "kernels/elementwise/elementwise.h"
#include "tests/data/error_of.h"
#include "tests/models/tiny_model.h"
#include "tests/support/compare.h"
#include "tests/train/random_dataset.h"
#include "train/collate.h"

namespace hone {
namespace {

const std::vector<int64_t> kLengths = {7, 12, 3, 20, 9, 16, 2, 11};
constexpr int64_t kAllInOneRow = 96;  // 80 tokens and padding

LoadedModel tiny_moe(double dropout = 0) {
  LoadOptions options;
  options.model = "random:quickstart";
  options.config = test::tiny_config(/*moe=*/true);
  options.seed = 5;
  options.lora = LoraConfig{.r = 3, .alpha = 6, .dropout = dropout, .all_linear = true};
  if (dropout == 0) options.lora->target_parameters = {"experts.gate_up_proj", "gate.weight"};
  LoadedModel model = load_model(options);
  // LoRA's B starts at 0, where A has no gradient.
  const Tensor random = test::random_tensor(model.arena->master().shape(), DType::f32, "b", 0.3);
  copy_bytes(random, model.arena->master());
  return model;
}

struct Gradients {
  Tensor values;
  StepResult result;
};

Gradients gradients(LoadedModel& model, const SamplerSettings& sampling,
                    const TrainerSettings& settings = {}) {
  const Dataset dataset = test::random_dataset(kLengths, 37);
  Sampler sampler(dataset.lengths(), sampling);
  Trainer trainer(model, dataset, sampler, settings);
  const StepResult result = trainer.compute_gradients();
  return {kernels::contiguous(kernels::cast(model.arena->gradient(), DType::f64)), result};
}

Dataset copies_of_one_example(int64_t copies) {
  const Dataset one = test::random_dataset({16}, 37);
  return one.select(std::vector<int64_t>(static_cast<size_t>(copies), 0));
}

SamplerSettings rows(int64_t micro_batch, int64_t accumulation, bool packing = false) {
  return {.sequence_len = kAllInOneRow,
          .packing = packing,
          .micro_batch_size = micro_batch,
          .accumulation_steps = accumulation};
}

TEST_CASE("trainer: a step's gradient does not depend on how its rows are spread") {
  LoadedModel model = tiny_moe();
  const Gradients one = gradients(model, rows(8, 1));
  double norm = 0;
  for (const double g : one.values.to_vector<double>()) norm += g * g;
  CHECK(norm > 1e-4);
  CHECK(one.result.tokens == 80);
  for (const SamplerSettings& other :
       {rows(2, 4), rows(1, 8), rows(3, 3), rows(1, 1, /*packing=*/true)}) {
    CAPTURE(other.micro_batch_size);
    const Gradients many = gradients(model, other);
    CHECK(many.result.tokens == 80);
    CHECK(many.result.loss == doctest::Approx(one.result.loss).epsilon(1e-6));
    CHECK(test::rel_err(many.values, one.values) < 1e-6);
  }
}

TEST_CASE("trainer: the loss is the mean cross entropy of all labels of the step") {
  LoadedModel model = tiny_moe();
  const Dataset dataset = test::random_dataset(kLengths, 37);
  // By hand: each example alone, its mean weighted by its labels.
  double sum = 0;
  int64_t labels = 0;
  for (int64_t example = 0; example < dataset.size(); ++example) {
    const MicroBatch alone = {{example}, dataset.length(example), 2};
    const auto count = static_cast<float>(dataset.labels(example));
    model.arena->clear_gradients();
    const StepLosses losses =
        forward_backward(model, collate(dataset, alone), Tensor::scalar(count), {});
    sum += static_cast<double>(losses.cross_entropy.item<float>()) * static_cast<double>(count);
    labels += dataset.labels(example);
  }
  CHECK(gradients(model, rows(3, 3)).result.loss ==
        doctest::Approx(sum / static_cast<double>(labels)).epsilon(1e-6));
}

TEST_CASE("trainer: gradient checkpointing draws the same dropout and gives the same bits") {
  LoadedModel model = tiny_moe(/*dropout=*/0.3);
  const TrainerSettings kept = {.aux_loss = true, .aux_coefficient = 0.1, .seed = 4};
  TrainerSettings recomputed = kept;
  recomputed.recompute = true;
  const Gradients a = gradients(model, rows(4, 2), kept);
  const Gradients b = gradients(model, rows(4, 2), recomputed);
  CHECK(test::same_bits(a.values, b.values));
  CHECK(a.result.loss == b.result.loss);
  CHECK(a.result.aux_loss == b.result.aux_loss);
  TrainerSettings other_seed = kept;
  other_seed.seed = 5;
  CHECK_FALSE(test::same_bits(a.values, gradients(model, rows(4, 2), other_seed).values));
}

TEST_CASE("trainer: every pass of the run draws its own dropout") {
  LoadedModel model = tiny_moe(/*dropout=*/0.3);
  const Dataset dataset = test::random_dataset({24}, 37);
  Sampler sampler(dataset.lengths(), rows(1, 1));
  Trainer trainer(model, dataset, sampler, {});  // learning rate 0: nothing changes
  const double first = trainer.step().loss;
  CHECK(trainer.step().loss != first);
  Trainer again(model, dataset, sampler, {});
  CHECK(again.step().loss == first);
}

TEST_CASE("trainer: micro batches of one step draw their own dropout") {
  for (const double dropout : {0.0, 0.3}) {
    CAPTURE(dropout);
    LoadedModel model = tiny_moe(dropout);
    std::vector<Tensor> found;
    // A step's loss is a mean: the same example twice changes its gradient by its masks alone.
    for (const int64_t copies : {1, 2}) {
      const Dataset dataset = copies_of_one_example(copies);
      Sampler sampler(dataset.lengths(), rows(1, copies));
      Trainer(model, dataset, sampler, {}).compute_gradients();
      found.push_back(kernels::contiguous(kernels::cast(model.arena->gradient(), DType::f64)));
    }
    const double difference = test::rel_err(found[1], found[0]);
    if (dropout == 0)
      CHECK(difference < 1e-6);
    else
      CHECK(difference > 1e-2);
  }
}

TEST_CASE("trainer: the balancing loss counts tokens, not padding, and adds its gradient") {
  LoadedModel model = tiny_moe();
  const TrainerSettings aux = {.aux_loss = true, .aux_coefficient = 0.5};
  const Gradients without = gradients(model, rows(8, 1));
  const Gradients with = gradients(model, rows(8, 1), aux);
  CHECK(with.result.aux_loss > 0.5);
  CHECK(with.result.loss == without.result.loss);
  CHECK_FALSE(test::same_bits(with.values, without.values));
  // 16 tokens of padding here, none there.
  const Gradients padded = gradients(model, rows(1, 1, /*packing=*/true), aux);
  CHECK(padded.result.aux_loss == doctest::Approx(with.result.aux_loss).epsilon(1e-6));
  CHECK(test::rel_err(padded.values, with.values) < 1e-6);
}

TEST_CASE("trainer: the balancing losses of several micro batches are averaged") {
  LoadedModel model = tiny_moe();
  const Dataset twice = copies_of_one_example(2);
  const TrainerSettings aux = {.aux_loss = true, .aux_coefficient = 0.5};
  std::vector<Gradients> found;
  for (const SamplerSettings& sampling : {rows(2, 1), rows(1, 2)}) {
    Sampler sampler(twice.lengths(), sampling);
    const StepResult result = Trainer(model, twice, sampler, aux).compute_gradients();
    found.push_back({kernels::cast(model.arena->gradient(), DType::f64), result});
  }
  CHECK(found[1].result.aux_loss == doctest::Approx(found[0].result.aux_loss).epsilon(1e-6));
  CHECK(test::rel_err(found[1].values, found[0].values) < 1e-6);
}

// The weights after some steps.
Tensor trained(int threads, const TrainerSettings& settings) {
  const int before = kernels::num_threads();
  kernels::set_num_threads(threads);
  LoadedModel model = tiny_moe();
  const Dataset dataset = test::random_dataset(kLengths, 37);
  Sampler sampler(dataset.lengths(), rows(2, 2, /*packing=*/true));
  Trainer trainer(model, dataset, sampler, settings);
  for (int i = 0; i < 4; ++i) {
    const StepResult result = trainer.step();
    CHECK(result.step == i + 1);
    CHECK(result.grad_norm > 0);
  }
  CHECK(trainer.steps_done() == 4);
  kernels::set_num_threads(before);
  return model.arena->master();
}

TEST_CASE("trainer: the same seed gives the same weights, whatever the number of threads") {
  for (const bool eight_bit : {false, true}) {
    TrainerSettings settings;
    settings.learning_rate = {LrSchedule::kLinear, 0.01, 1, 4};
    settings.optimizer = {.weight_decay = 0.1, .max_grad_norm = 1, .eight_bit = eight_bit};
    const Tensor weights = trained(2, settings);
    CHECK(test::same_bits(weights, trained(2, settings)));
    CHECK(test::same_bits(weights, trained(1, settings)));
  }
}

TEST_CASE("trainer: a step queued before the last one was read gives the same bits") {
  const Dataset dataset = test::random_dataset(kLengths, 37);
  TrainerSettings settings;
  settings.learning_rate = {LrSchedule::kConstant, 0.01, 0, 10};
  settings.aux_loss = true;
  settings.aux_coefficient = 0.1;
  settings.on_non_finite = NonFinite::kSkip;
  std::vector<StepResult> results[2];
  std::vector<Tensor> weights;
  for (const bool ahead : {false, true}) {
    LoadedModel model = tiny_moe();
    Sampler sampler(dataset.lengths(), rows(2, 2));
    Trainer trainer(model, dataset, sampler, settings);
    for (int step = 0; step < 4; ++step) {
      if (ahead && step == 0) CHECK(trainer.launch());
      if (ahead && step < 3) CHECK(trainer.launch());
      CHECK(trainer.in_flight() == (ahead ? (step < 3 ? 2 : 1) : 0));
      results[ahead].push_back(ahead ? trainer.finish() : trainer.step());
      CHECK(trainer.steps_done() == step + 1);
      CHECK(trainer.optimizer().steps_taken() == step + 1);
    }
    weights.push_back(model.arena->master());
  }
  CHECK(test::same_bits(weights[0], weights[1]));
  for (size_t i = 0; i < 4; ++i) {
    CHECK(results[0][i].step == results[1][i].step);
    CHECK(results[0][i].loss == results[1][i].loss);
    CHECK(results[0][i].aux_loss == results[1][i].aux_loss);
    CHECK(results[0][i].aux_loss > 0);
    CHECK(results[0][i].grad_norm == results[1][i].grad_norm);
    CHECK(results[0][i].tokens == results[1][i].tokens);
  }
}

TEST_CASE(
    "trainer: a queued step that is not finite is skipped; the next one counts on from before") {
  const Dataset dataset = test::random_dataset(kLengths, 37);
  TrainerSettings settings;
  settings.learning_rate = {LrSchedule::kConstant, 0.01, 0, 10};
  settings.on_non_finite = NonFinite::kSkip;
  LoadedModel model = tiny_moe();
  Sampler sampler(dataset.lengths(), rows(2, 1));
  Trainer trainer(model, dataset, sampler, settings);
  const Tensor first = nn::ParameterArena::slice(model.arena->master(), model.arena->slots()[0]);
  float& weight = first.view({first.numel()}).data<float>()[0];
  const float good = weight;
  weight = std::numeric_limits<float>::quiet_NaN();
  CHECK(trainer.launch());
  weight = good;
  CHECK(trainer.launch());
  CHECK(trainer.finish().outcome == StepOutcome::kSkipped);
  CHECK(trainer.optimizer().steps_taken() == 0);
  CHECK(trainer.skipped_in_row() == 1);
  CHECK(trainer.finish().outcome == StepOutcome::kTaken);
  CHECK(trainer.optimizer().steps_taken() == 1);
  CHECK(trainer.skipped_in_row() == 0);

  // As if the first one had never been: AdamW's number of the step is that of the steps taken.
  LoadedModel fresh = tiny_moe();
  Sampler again(dataset.lengths(), rows(2, 1));
  Trainer other(fresh, dataset, again, settings);
  other.continue_from(1, 0);
  CHECK(other.step().outcome == StepOutcome::kTaken);
  CHECK(test::same_bits(model.arena->master(), fresh.arena->master()));
}

TEST_CASE("trainer: repeated steps take their memory from the arena") {
  release_step_arena(kCpu);  // other tests have steps of the same shapes
  LoadedModel model = tiny_moe();
  const Dataset dataset = test::random_dataset(kLengths, 37);
  Sampler sampler(dataset.lengths(), rows(1, 1, /*packing=*/true));
  Trainer trainer(model, dataset, sampler, {});
  trainer.step();  // records, and builds the arena
  const MemoryStats first = memory_stats(kCpu);
  trainer.step();
  const MemoryStats second = memory_stats(kCpu);
  CHECK(second.live == first.live);
  CHECK(second.peak == first.peak);
  CHECK(second.allocations == first.allocations);
}

TEST_CASE("trainer: a loss that is not finite stops the run and names step and rows") {
  LoadedModel model = tiny_moe();
  const Dataset dataset = test::random_dataset(kLengths, 37);
  Sampler sampler(dataset.lengths(), rows(2, 1));
  TrainerSettings settings;
  settings.learning_rate = {LrSchedule::kConstant, 0.01, 0, 10};
  Trainer trainer(model, dataset, sampler, settings);
  trainer.step();
  const Tensor first = nn::ParameterArena::slice(model.arena->master(), model.arena->slots()[0]);
  first.view({first.numel()}).data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  const Tensor before = kernels::contiguous(kernels::cast(model.arena->master(), DType::f64));
  const std::string message = error_of(ErrorCode::kNonFinite, [&] { trainer.step(); });
  check_contains(message, "step 2: ");
  check_contains(message, "random.jsonl:");
  check_contains(message, "the weights are still those of step 1\n");
  CHECK(test::same_bits(before,
                        kernels::contiguous(kernels::cast(model.arena->master(), DType::f64))));
  CHECK(trainer.steps_done() == 1);
}

// A weight that every row needs, changed to NaN and back.
struct Poison {
  explicit Poison(LoadedModel& model)
      : first(nn::ParameterArena::slice(model.arena->master(), model.arena->slots()[0])
                  .view({model.arena->slots()[0].shape.numel()})
                  .data<float>()),
        good(*first) {}
  void set() const { *first = std::numeric_limits<float>::quiet_NaN(); }
  void clear() const { *first = good; }
  float* first;
  float good;
};

TEST_CASE("trainer: skipped steps change no bit, are counted, and are at most five in a row") {
  LoadedModel model = tiny_moe();
  const Dataset dataset = test::random_dataset(kLengths, 37);
  Sampler sampler(dataset.lengths(), rows(2, 1));
  TrainerSettings settings;
  settings.learning_rate = {LrSchedule::kConstant, 0.01, 0, 100};
  settings.on_non_finite = NonFinite::kSkip;
  Trainer trainer(model, dataset, sampler, settings);
  trainer.step();
  const auto bytes_of = [&] {
    std::vector<std::string> all;
    const auto add = [&](const Tensor& t) {
      all.emplace_back(static_cast<const char*>(t.raw()), static_cast<size_t>(t.nbytes()));
    };
    add(model.arena->master());
    for (const AdamW::NamedState& state : trainer.optimizer().state()) add(state.value);
    return all;
  };
  const Poison poison(model);
  poison.set();
  const auto before = bytes_of();
  for (int i = 1; i <= kMaxSkipped; ++i) {
    const StepResult result = trainer.step();
    CHECK(result.outcome == StepOutcome::kSkipped);
    CHECK(trainer.skipped_in_row() == i);
    CHECK(trainer.steps_done() == 1 + i);
    CHECK(bytes_of() == before);
    CHECK(trainer.optimizer().steps_taken() == 1);
    check_contains(result.skipped_because,
                   "step " + std::to_string(1 + i) + ": the loss is nan; rows of the step: random");
  }
  const std::string message = error_of(ErrorCode::kNonFinite, [&] { trainer.step(); });
  check_contains(message, "step 7: ");
  check_contains(message, "the 5 steps before it were skipped");
  check_contains(message, "the weights are still those of step 1\n");
  CHECK(message.find("on_non_finite: skip passes over") == std::string::npos);
  CHECK(bytes_of() == before);
  poison.clear();
  CHECK(trainer.step().outcome == StepOutcome::kTaken);
  CHECK(trainer.skipped_in_row() == 0);
  CHECK(trainer.optimizer().steps_taken() == 2);
}

TEST_CASE("trainer: a step that is asked to stop between its micro batches leaves no trace") {
  const Dataset dataset = test::random_dataset(kLengths, 37);
  std::vector<Tensor> weights;
  for (const bool stops : {false, true}) {
    LoadedModel model = tiny_moe();
    Sampler sampler(dataset.lengths(), rows(2, 4));
    TrainerSettings settings;
    settings.learning_rate = {LrSchedule::kConstant, 0.01, 0, 100};
    int asked = 0;
    settings.stop_requested = [&] { return stops && ++asked == 2; };
    Trainer trainer(model, dataset, sampler, settings);
    if (stops) {
      const Tensor before = kernels::contiguous(kernels::cast(model.arena->master(), DType::f64));
      CHECK(trainer.step().outcome == StepOutcome::kAbandoned);
      CHECK(trainer.steps_done() == 0);
      CHECK(test::same_bits(before,
                            kernels::contiguous(kernels::cast(model.arena->master(), DType::f64))));
    }
    CHECK(trainer.step().outcome == StepOutcome::kTaken);
    CHECK(trainer.steps_done() == 1);
    weights.push_back(kernels::contiguous(kernels::cast(model.arena->master(), DType::f64)));
  }
  CHECK(test::same_bits(weights[0], weights[1]));
}

}  // namespace
}  // namespace hone
