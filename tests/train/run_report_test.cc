// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/run_report.h"

#include <doctest/doctest.h>

#include "tests/data/error_of.h"
#include "tests/train/random_dataset.h"
#include "train/model_options.h"

namespace hone {
namespace {

TEST_CASE("format_count: groups of three digits") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(1000) == "1,000");
  CHECK(format_count(1234567) == "1,234,567");
  CHECK(format_count(-123) == "-123");
  CHECK(format_count(-1234) == "-1,234");
}

TrainConfig quickstart(AdapterKind adapter) {
  TrainConfig config;
  config.base_model.written = "random:quickstart";
  config.adapter = adapter;
  config.lora_r = 4;
  config.lora_target_modules.names = {"q_proj", "o_proj", "in_proj_qkv"};
  config.lora_target_parameters = {"experts.down_proj"};
  config.sequence_len = 64;
  config.learning_rate = 0.001;
  return config;
}

TEST_CASE("trainable_parts: parameters by part of the model") {
  const LoadedModel lora = describe_model(load_options(quickstart(AdapterKind::kLora)));
  // Three delta-net layers: A [4, 128], B [256, 4]. One attention layer: q [256, 128], o [128,
  // 128]. Four layers of 8 experts: A [8, 4, 64], B [8, 128, 4].
  CHECK(trainable_parts(lora) == "linear_attn 4,608, mlp.experts 24,576, self_attn 2,560");
  const LoadedModel full = describe_model(load_options(quickstart(AdapterKind::kNone)));
  check_contains(trainable_parts(full), "embed_tokens 131,072, input_layernorm 512, linear_attn ");
}

TEST_CASE("describe_plan, describe_outcome: the numbers of the run") {
  const TrainConfig config = quickstart(AdapterKind::kLora);
  const LoadedModel model = describe_model(load_options(config));
  DatasetBuilder more;
  RowCounts& file = more.add_file("more\x1b.jsonl");
  file.format = "messages";
  file.rows = 1236;
  file.too_long = 1000;
  file.longest = 77;
  file.unlabelled = 234;
  file.too_short = 2;
  TrainingData data = {test::random_dataset({60, 30, 30}, 100), test::random_dataset({7}, 100), {}};
  data.train.append(more.finish());
  const Sampler sampler(data.train.lengths(), {.sequence_len = 64, .packing = true});
  TrainConfig packed = config;
  packed.sample_packing = true;
  const RunPlan plan = {packed, model, data, sampler, 4, 1, "/out/run", {"first", "second"}};
  const std::string text = describe_plan(plan);
  for (const char* part :
       {"1,290,040 parameters, float32", "LoRA of rank 4, alpha 8: 31,744 parameters in ",
        "data     more\\x1b.jsonl: 1,236 rows (messages), 1,000 dropped: longer than 64 tokens (up "
        "to 77), 2 dropped: too short, 234 dropped: nothing to learn",
        "held out 1 examples, 7 tokens, 4 of them learned",
        "3 examples, 120 tokens, 60 of them learned",
        "rows     2 of 64 tokens, packed, 93.8 % full",
        "steps    4 (2 epochs), each of 1 x 1 rows; learning rate 0.001, warmup of 1 steps",
        "output   /out/run\n", "seed     42\n", "note     first\nnote     second\n"})
    check_contains(text, part);

  const std::string done = describe_outcome(plan, {4.5, 1.25, 4, 240, 62.0, "/out/run/adapter"});
  check_contains(done, "loss 4.5000 -> 1.2500, 4 steps in 1:02, 4 tokens/s, peak memory ");
  check_contains(done, "adapter  /out/run/adapter\n");
  check_contains(done, "next     ");
}

}  // namespace
}  // namespace hone
