// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/memory_plan.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tensor/allocator.h"
#include "tests/models/tiny_model.h"
#include "tests/train/random_dataset.h"

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

TEST_CASE("memory plan: equals what the steps of a run take, byte for byte") {
  const Dataset dataset = test::random_dataset(kLengths, 37);
  for (const Case& c : all_cases()) {
    CAPTURE(c.name());
    Sampler sampler(dataset.lengths(), c.rows());
    std::vector<RowShape> rows;
    for (const MicroBatch& m : sampler.at(0).micro_batches) rows.push_back({m.tokens, m.documents});
    REQUIRE(static_cast<int64_t>(rows.size()) == c.accumulation);
    const MemoryPlan plan = predict_memory(c.load_options(), c.settings(), rows);

    release_step_arena(kCpu);
    const MemoryStats before = memory_stats(kCpu);
    LoadedModel model = load_model(c.load_options());
    Trainer trainer(model, dataset, sampler, c.settings());
    CHECK(plan.resident_bytes == memory_stats(kCpu).live - before.live);
    for (int step = 1; step <= 3; ++step) {
      CAPTURE(step);
      const int64_t allocations = memory_stats(kCpu).allocations;
      reset_peak_memory(kCpu);
      trainer.step();
      const MemoryStats real = memory_stats(kCpu);
      CHECK(plan.peak_bytes == real.peak - before.live);
      CHECK(plan.at_peak == beyond(real.peak_by_label, before.by_label));
      CHECK(plan.arena_bytes == real.reserved);
      CHECK(plan.resident_bytes == real.live - before.live);
      if (step > 1) CHECK(real.allocations == allocations);
    }
  }
}

}  // namespace
}  // namespace hone
