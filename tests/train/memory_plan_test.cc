// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/memory_plan.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tensor/allocator.h"
#include "tests/models/tiny_model.h"
#include "tests/support/on_gpu.h"
#include "tests/train/random_dataset.h"
#include "train/evaluator.h"

namespace hone {
namespace {

const std::vector<int64_t> kLengths = {70, 12, 3, 20, 9, 16, 2, 11, 90, 40, 31, 8};

enum class Train { full, lora, qlora };

struct Case {
  bool moe;
  Train train;
  DType dtype;
  bool eight_bit;
  bool recompute;
  int64_t accumulation;

  std::string name() const {
    const std::string what = train == Train::full   ? "full"
                             : train == Train::lora ? "lora"
                                                    : "qlora";
    return std::string(moe ? "moe " : "dense ") + what + " " + name_of(dtype) +
           (eight_bit ? " 8-bit" : "") + (recompute ? " checkpointed" : "") + " x" +
           std::to_string(accumulation);
  }
  LoadOptions load_options() const;
  TrainerSettings settings() const;
  SamplerSettings rows() const {
    return {.sequence_len = 176, .packing = true, .accumulation_steps = accumulation};
  }
};

LoadOptions Case::load_options() const {
  LoadOptions o;
  o.model = "random:quickstart";
  o.config = test::tiny_config(moe);
  o.dtype = dtype;
  o.train_base = train == Train::full;
  o.decay_vectors = false;
  o.seed = 5;
  if (train == Train::full) return o;
  o.lora = LoraConfig{.r = 3, .alpha = 6, .all_linear = true};
  if (moe) o.lora->target_parameters = {"experts.gate_up_proj", "experts.down_proj", "gate.weight"};
  if (!moe) o.lora->dropout = 0.1;
  if (train == Train::qlora) o.quantise = QuantType::nf4;
  return o;
}

TrainerSettings Case::settings() const {
  TrainerSettings s;
  s.learning_rate = {LrSchedule::kConstant, 1e-3, 0, 10};
  s.optimizer = {.weight_decay = 0.1, .max_grad_norm = 1, .eight_bit = eight_bit};
  s.recompute = recompute;
  s.aux_loss = moe;
  s.aux_coefficient = 0.1;
  return s;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const bool moe : {false, true})
    for (const Train train : {Train::full, Train::lora, Train::qlora})
      for (const DType dtype : {DType::f32, DType::bf16})
        for (const bool eight_bit : {false, true})
          for (const bool recompute : {false, true})
            for (const int64_t accumulation : {1, 2})
              cases.push_back({moe, train, dtype, eight_bit, recompute, accumulation});
  return cases;
}

// What `after` has beyond what lived before, without labels that hold nothing.
std::map<std::string, int64_t> beyond(const std::map<std::string, int64_t>& after,
                                      const std::map<std::string, int64_t>& before) {
  std::map<std::string, int64_t> own;
  for (const auto& [label, bytes] : after) {
    const auto found = before.find(label);
    const int64_t more = bytes - (found == before.end() ? 0 : found->second);
    if (more != 0) own[label] = more;
  }
  return own;
}

void check_steps_take_what_is_planned(Device device) {
  const Dataset dataset = test::random_dataset(kLengths, 37);
  for (const Case& c : all_cases()) {
    CAPTURE(c.name());
    Sampler sampler(dataset.lengths(), c.rows());
    std::vector<RowShape> rows;
    for (const MicroBatch& m : sampler.at(0).micro_batches) rows.push_back({m.tokens, m.documents});
    REQUIRE(static_cast<int64_t>(rows.size()) == c.accumulation);
    LoadOptions load = c.load_options();
    load.device = device;
    const MemoryPlan plan = predict_memory(load, c.settings(), {rows, {}});

    release_step_arena(device);
    const MemoryStats before = memory_stats(device);
    LoadedModel model = load_model(load);
    Trainer trainer(model, dataset, sampler, c.settings());
    CHECK(plan.resident_bytes == memory_stats(device).live - before.live);
    for (int step = 1; step <= 3; ++step) {
      CAPTURE(step);
      const int64_t allocations = memory_stats(device).allocations;
      reset_peak_memory(device);
      trainer.step();
      const MemoryStats real = memory_stats(device);
      CHECK(plan.peak_bytes == real.peak - before.live);
      CHECK(plan.at_peak == beyond(real.peak_by_label, before.by_label));
      CHECK(plan.arena_bytes == real.reserved);
      CHECK(plan.resident_bytes == real.live - before.live);
      if (step > 1) CHECK(real.allocations == allocations);
    }
  }
}

TEST_CASE("memory plan: equals what the steps of a run take, byte for byte") {
  check_steps_take_what_is_planned(kCpu);
}

TEST_CASE("cuda: memory plan equals what the steps of a run take, byte for byte") {
  if (test::have_gpu()) check_steps_take_what_is_planned(test::kGpu);
}

// Batches of held-out rows, packed and not, few and many.
std::vector<EvaluatorSettings> evaluations() {
  std::vector<EvaluatorSettings> all;
  for (const bool packing : {false, true})
    for (const int64_t batch_size : {1, 192})
      all.push_back({.sequence_len = 176, .packing = packing, .batch_size = batch_size});
  return all;
}

TEST_CASE("memory plan: with evaluations, equals what they and the steps between them take") {
  const Dataset dataset = test::random_dataset(kLengths, 37);
  std::vector<int64_t> lengths;
  for (int i = 0; i < 16; ++i) lengths.insert(lengths.end(), kLengths.begin(), kLengths.end());
  const Dataset held_out = test::random_dataset(lengths, 37);
  int raised = 0, cases = 0;
  for (const Case& c : all_cases())
    for (const EvaluatorSettings& e : evaluations()) {
      // What evaluations do not see, or see as the steps above do.
      if (c.eight_bit || c.accumulation > 1 || c.dtype != DType::f32) continue;
      CAPTURE(c.name());
      CAPTURE(e.packing);
      CAPTURE(e.batch_size);
      Sampler sampler(dataset.lengths(), c.rows());
      RunShapes shapes;
      for (const MicroBatch& m : sampler.at(0).micro_batches)
        shapes.training.push_back({m.tokens, m.documents});
      const int64_t training = predict_memory(c.load_options(), c.settings(), shapes).peak_bytes;
      Sampler batches(held_out.lengths(), sampler_settings(e));
      shapes.evaluation = RowShape();
      for (int64_t step = 0; step < batches.steps_per_epoch(); ++step)
        for (const MicroBatch& m : batches.at(step).micro_batches)
          if (m.tokens > shapes.evaluation->tokens) shapes.evaluation = {m.tokens, m.documents};
      const MemoryPlan plan = predict_memory(c.load_options(), c.settings(), shapes);

      release_step_arena(kCpu);
      const MemoryStats before = memory_stats(kCpu);
      LoadedModel model = load_model(c.load_options());
      Trainer trainer(model, dataset, sampler, c.settings());
      Evaluator evaluator(model, held_out, e);
      for (int round = 1; round <= 2; ++round) {
        CAPTURE(round);
        reset_peak_memory(kCpu);
        trainer.step();
        CHECK(evaluator.run().has_value());
        const MemoryStats real = memory_stats(kCpu);
        CHECK(plan.peak_bytes == real.peak - before.live);
        CHECK(plan.at_peak == beyond(real.peak_by_label, before.by_label));
        CHECK(plan.resident_bytes == real.live - before.live);
      }
      raised += plan.peak_bytes > training;
      ++cases;
    }
  // Both happen: evaluations that take most, and such that do not matter.
  CHECK(raised > 0);
  CHECK(raised < cases);
}

}  // namespace
}  // namespace hone
