// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/dry_run.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/data/error_of.h"
#include "tests/train/random_dataset.h"
#include "train/model_options.h"
#include "train/plan_file.h"
#include "train/trainable_table.h"

namespace hone {
namespace {

TrainConfig quickstart() {
  TrainConfig config;
  config.base_model.written = "random:quickstart";
  config.adapter = AdapterKind::kLora;
  config.lora_r = 4;
  config.lora_target_modules.names = {"q_proj", "in_proj_qkv"};
  config.lora_target_parameters = {"experts.down_proj"};
  config.sequence_len = 64;
  config.sample_packing = true;
  config.learning_rate = 0.001;
  return config;
}

TEST_CASE("trainable_table: modules, layers and parameters") {
  const LoadedModel lora = describe_model(load_options(quickstart()));
  const std::vector<TrainablePart> table = trainable_table(lora);
  REQUIRE(table.size() == 3);
  CHECK(table[0].name == "linear_attn.in_proj_qkv");
  CHECK(table[0].modules == 3);
  CHECK(table[0].parameters == 3 * (4 * 128 + 256 * 4));
  const std::string text = format_trainable_table(table);
  check_contains(text, "  linear_attn.in_proj_qkv  3 x 1,536 = 4,608\n");
  check_contains(text, "  mlp.experts.down_proj    4 x 6,144 = 24,576\n");
  check_contains(text, "  self_attn.q_proj         1 x 1,536 = 1,536\n");
  check_contains(text, "  8 modules, 30,720 parameters\n");
}

TEST_CASE("view_row: learned text is set apart, lines stay lines, escapes do not survive") {
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  std::vector<int32_t> ids = tokenizer.encode("Ask me\nnow \x1b[31m");
  const size_t read = ids.size();
  for (const int32_t id : tokenizer.encode("Yes.\n")) ids.push_back(id);
  std::vector<uint8_t> is_label(ids.size(), 0);
  for (size_t i = read; i < ids.size(); ++i) is_label[i] = 1;
  CHECK(view_row(tokenizer, ids, is_label, RowMarks::kBrackets) ==
        "Ask me\nnow \\x1b[31m[[Yes.]][[\\n]]\n");
  CHECK(view_row(tokenizer, ids, is_label, RowMarks::kColour) ==
        "\x1b[2mAsk me\x1b[0m\n\x1b[2mnow \\x1b[31m\x1b[0m\x1b[32mYes.\x1b[0m\x1b[32m\\n\x1b[0m\n");
  const std::string cut = view_row(tokenizer, ids, is_label, RowMarks::kBrackets, 1);
  check_contains(cut, "... and " + std::to_string(ids.size() - 1) + " more tokens\n");
}

struct PlanFixture {
  TrainConfig config = quickstart();
  LoadedModel model = describe_model(load_options(config));
  TrainingData data = {test::random_dataset({60, 30, 30}, 100), {}, {}};
  Sampler sampler = Sampler(data.train.lengths(), {.sequence_len = 64, .packing = true});
  RunShapes shapes = run_shapes(config, sampler, 4, data.validation);
  RunPlan plan = {config, model, data, sampler, 4, 1, "/out/run", {"first \x1b"}};

  PlanFixture() { plan.forecast = forecast_memory(config, model.config, shapes, 1 << 20); }
};

TEST_CASE("plan_json: the documented fields") {
  PlanFixture f;
  const auto json = nlohmann::json::parse(plan_json(f.plan));
  CHECK(json["version"] == 1);
  CHECK(json["model"]["name"] == "random:quickstart");
  CHECK(json["model"]["layers"] == 4);
  CHECK(json["model"]["linear_attention_layers"] == 3);
  CHECK(json["model"]["experts"] == 8);
  CHECK(json["model"]["parameters"] == 1290040);
  CHECK(json["model"]["dtype"] == "float32");
  CHECK(json["model"]["quantised"].is_null());
  CHECK(json["trainable"]["parameters"] == 30720);
  CHECK(json["trainable"]["modules"].size() == 3);
  CHECK(json["trainable"]["modules"][0] ==
        nlohmann::json({{"name", "linear_attn.in_proj_qkv"}, {"count", 3}, {"parameters", 4608}}));
  CHECK(json["data"]["examples"] == 3);
  CHECK(json["data"]["tokens"] == 120);
  CHECK(json["data"]["labels"] == 60);
  CHECK(json["data"]["rows_per_epoch"] == 2);
  CHECK(json["data"]["packing"] == true);
  CHECK(json["data"]["efficiency"] == doctest::Approx(120.0 / 128));
  CHECK(json["data"]["validation"].is_null());
  CHECK(json["data"]["files"][0]["rows"] == 3);
  for (const char* field : {"path", "format", "rows", "kept", "examples", "too_long", "too_short",
                            "unlabelled", "truncated", "longest", "tokens", "labels"})
    CHECK(json["data"]["files"][0].contains(field));
  CHECK(json["steps"] == nlohmann::json({{"total", 4},
                                         {"per_epoch", 2},
                                         {"epochs", 2.0},
                                         {"warmup", 1},
                                         {"micro_batch_size", 1},
                                         {"gradient_accumulation_steps", 1},
                                         {"learning_rate", 0.001}}));
  CHECK(json["memory"]["peak_bytes"] == f.plan.forecast.plan.peak_bytes);
  int64_t sum = 0;
  for (const auto& [label, bytes] : json["memory"]["at_peak"].items()) sum += bytes.get<int64_t>();
  CHECK(sum == f.plan.forecast.plan.peak_bytes);
  CHECK(json["memory"]["limit_bytes"] == 1 << 20);
  CHECK(json["memory"]["limit"] == "machine");
  CHECK(json["memory"]["fits"] == false);
  CHECK(json["output_dir"] == "/out/run");
  CHECK(json["seed"] == 42);
  CHECK(json["notes"].size() == 1);
}

TEST_CASE("describe_dry_run: table, memory with what would help, one row") {
  PlanFixture f;
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  const std::string text = describe_dry_run(f.plan, f.shapes, tokenizer, RowMarks::kBrackets);
  for (const char* part :
       {"trained parameters: modules x parameters\n  linear_attn.in_proj_qkv  3 x 1,536",
        "memory at the peak: ", "  activations ",
        "this does not fit: the machine has 1.0 MiB left\n",
        "what would help, with the peak predicted for it:\n", ", saves ",
        "the first row of the run, ", "[[learned]], the rest is read",
        "plan in /out/run/plan.json\n"})
    check_contains(text, part);
  f.plan.forecast.limit_bytes = 0;
  CHECK(describe_dry_run(f.plan, f.shapes, tokenizer, RowMarks::kBrackets).find("does not fit") ==
        std::string::npos);
}

}  // namespace
}  // namespace hone
