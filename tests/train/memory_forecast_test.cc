// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/memory_forecast.h"

#include <doctest/doctest.h>

#include <numeric>

#include "tests/data/error_of.h"
#include "tests/train/random_dataset.h"
#include "train/model_options.h"

namespace hone {
namespace {

TrainConfig quickstart() {
  TrainConfig config;
  config.base_model.written = "random:quickstart";
  config.sequence_len = 256;
  config.micro_batch_size = 4;
  config.learning_rate = 1e-3;
  return config;
}

struct Fixture {
  TrainConfig config = quickstart();
  ModelConfig model = describe_model(load_options(config)).config;
  RunShapes shapes = {{{1024, 20}}, std::nullopt};
};

TEST_CASE("largest_rows: the largest micro batch of the steps that are taken") {
  const std::vector<int64_t> lengths = {16, 32, 48, 64, 80, 96};
  SamplerSettings settings = {
      .sequence_len = 96, .packing = false, .micro_batch_size = 1, .seed = 1};
  CHECK(largest_rows(Sampler(lengths, settings), 6)[0].tokens == 96);
  // Fewer steps: the largest among those.
  Sampler sampler(lengths, settings);
  const int64_t first = sampler.at(0).micro_batches[0].tokens;
  CHECK(largest_rows(sampler, 1)[0].tokens == first);
  CHECK(largest_rows(sampler, 1).size() == 1);
  settings.accumulation_steps = 3;
  CHECK(largest_rows(Sampler(lengths, settings), 2).size() == 2);
  settings.packing = true;
  settings.micro_batch_size = 2;
  CHECK(largest_rows(Sampler(lengths, settings), 1)[0].tokens == 192);
}

TEST_CASE("largest_rows: of more steps than anybody can go through, the largest there can be") {
  const std::vector<int64_t> lengths = {16, 32, 48, 64, 80, 96};
  SamplerSettings settings = {
      .sequence_len = 96, .packing = false, .micro_batch_size = 2, .seed = 1};
  for (const bool packing : {false, true}) {
    settings.packing = packing;
    const Sampler sampler(lengths, settings);
    const RowShape endless = largest_rows(sampler, int64_t{1} << 50)[0];
    const RowShape many = largest_rows(sampler, 2000)[0];
    CHECK(endless.tokens == many.tokens);
    // Best fit does not put the shortest into one row, though nothing would forbid it.
    CHECK(endless.documents >= many.documents);
    if (!packing) CHECK(endless.documents == many.documents);
    CHECK(endless.tokens == sampler.bound().tokens);
    CHECK(endless.documents == sampler.bound().documents);
  }
}

TEST_CASE("forecast_memory: memory_limit, or what the machine has left") {
  Fixture f;
  const MemoryForecast machine = forecast_memory(f.config, f.model, f.shapes, int64_t{1} << 40);
  CHECK(machine.fits());
  CHECK_FALSE(machine.limit_is_key);
  CHECK_FALSE(forecast_memory(f.config, f.model, f.shapes, 1000).fits());
  CHECK(forecast_memory(f.config, f.model, f.shapes, 0).fits());  // nothing is known
  f.config.memory_limit = ByteSize{machine.plan.peak_bytes};
  const MemoryForecast key = forecast_memory(f.config, f.model, f.shapes, 1000);
  CHECK(key.fits());
  CHECK(key.limit_is_key);
  f.config.memory_limit = ByteSize{machine.plan.peak_bytes - 1};
  CHECK_FALSE(forecast_memory(f.config, f.model, f.shapes, 0).fits());
}

TEST_CASE("run_shapes: the largest batch of held-out rows, if they are evaluated") {
  TrainConfig c = quickstart();
  const Sampler sampler({16, 32, 48}, {.sequence_len = 256, .micro_batch_size = 4, .seed = 1});
  const Dataset none, held_out = test::random_dataset({20, 60, 30, 40, 10}, 37);
  CHECK_FALSE(run_shapes(c, sampler, 1, none).evaluation.has_value());
  REQUIRE(run_shapes(c, sampler, 1, held_out).evaluation.has_value());
  c.eval_batch_size = 5;
  CHECK(run_shapes(c, sampler, 1, held_out).evaluation->tokens == 160);
  c.eval_batch_size = 1;
  CHECK(run_shapes(c, sampler, 1, held_out).evaluation->tokens == 64);
  c.eval_sample_packing = true;
  CHECK(run_shapes(c, sampler, 1, held_out).evaluation->tokens == 256);
  c.eval_strategy = StepStrategy::kNo;
  CHECK_FALSE(run_shapes(c, sampler, 1, held_out).evaluation.has_value());
}

TEST_CASE("memory_edits: a smaller eval_batch_size where evaluation takes most") {
  Fixture f;
  f.config.micro_batch_size = 1;
  f.config.eval_batch_size = 64;
  f.config.gradient_checkpointing = true;
  f.shapes = {{{256, 5}}, RowShape{64 * 256, 64 * 5}};
  const int64_t peak = forecast_memory(f.config, f.model, f.shapes, 0).plan.peak_bytes;
  CHECK(peak > forecast_memory(f.config, f.model, {f.shapes.training, {}}, 0).plan.peak_bytes);
  check_contains(memory_edits(f.config, f.model, f.shapes, peak), "eval_batch_size: 32");
}

TEST_CASE("memory_table: largest first, the rest added up") {
  MemoryPlan plan;
  plan.at_peak = {{"a", 100}, {"b", 3 << 20}, {"c", 200}, {"d", 50}};
  CHECK(memory_table(plan) ==
        "  b                               3.0 MiB\n"
        "  c                               200 B\n"
        "  a                               100 B\n"
        "  d                               50 B\n");
  CHECK(memory_table(plan, 3) ==
        "  b                               3.0 MiB\n"
        "  c                               200 B\n"
        "  everything else                 150 B\n");
}

TEST_CASE("require_memory: code 5 with the table and three changes, each predicted") {
  Fixture f;
  f.config.memory_limit = ByteSize{1 << 20};
  const MemoryForecast forecast = forecast_memory(f.config, f.model, f.shapes, 0);
  std::string text;
  try {
    require_memory(forecast, f.config, f.model, f.shapes);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::kOutOfMemory);
    text = e.what();
  }
  check_contains(text, "memory: the run needs ");
  check_contains(text, "memory_limit is 1.0 MiB; nothing was loaded\n");
  check_contains(text, "activations");
  check_contains(text, "what would help, with the peak predicted for it:\n");
  size_t edits = 0;
  for (size_t at = 0; (at = text.find(", saves ", at)) != std::string::npos; ++at) ++edits;
  CHECK(edits == 3);
  // The advice is true: making the change gives the peak that it names.
  TrainConfig half = f.config;
  half.micro_batch_size = 2;
  const int64_t peak = forecast_memory(half, f.model, {{{512, 10}}, {}}, 0).plan.peak_bytes;
  CHECK(peak < forecast.plan.peak_bytes);
  f.config.memory_limit.reset();
  require_memory(forecast_memory(f.config, f.model, f.shapes, 0), f.config, f.model, f.shapes);
}

TEST_CASE("memory_edits: only what applies and saves") {
  Fixture f;
  f.config.adapter = AdapterKind::kQlora;
  f.config.load_in_4bit = true;
  f.config.lora_target_linear = true;
  f.config.gradient_checkpointing = true;
  f.config.micro_batch_size = 1;
  f.config.sequence_len = 64;
  f.config.optimizer = OptimizerKind::kAdamW8bit;
  f.config.bf16 = Bf16::kTrue;
  f.config.lora_r = 8;
  const int64_t peak = forecast_memory(f.config, f.model, {{{64, 2}}, {}}, 0).plan.peak_bytes;
  CHECK(memory_edits(f.config, f.model, {{{64, 2}}, {}}, peak).empty());
}

}  // namespace
}  // namespace hone
