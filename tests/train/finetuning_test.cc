// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Whole runs: rows in, metrics and weights out, and the weights mean what was trained.
#include "train/finetuning.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/tape.h"
#include "data/checkpoint_files.h"
#include "data/file.h"
#include "kernels/core/parallel.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "train/chat_writer.h"
#include "train/collate.h"
#include "train/model_options.h"
#include "train/training_data.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizer = "data/quickstart";

void write_rows(const std::string& path) {
  std::string rows;
  for (int i = 0; i < 60; ++i) {
    const std::string n = std::to_string(i);
    rows += R"({"question": "What follows )" + n + R"(?", "answer": "After )" + n + " comes " +
            std::to_string(i + 1) + R"(."})" + "\n";
  }
  write_file(path, rows);
}

// A short run on these rows, with the name of its kind.
struct Run {
  const char* name;
  AdapterKind adapter = AdapterKind::kNone;
  bool four_bit = false;
  bool packing = false;
  int64_t accumulation = 1;
};

TrainConfig config_of(const Run& run, const std::string& rows, const std::string& output) {
  TrainConfig c;
  c.base_model.written = "random:quickstart";
  c.tokenizer_config = {kTokenizer, kTokenizer};
  c.datasets.emplace_back().path = {rows, rows};
  c.sequence_len = 96;
  c.sample_packing = run.packing;
  c.adapter = run.adapter;
  c.load_in_4bit = run.four_bit;
  if (run.adapter != AdapterKind::kNone) {
    c.lora_alpha = 16;
    c.lora_target_linear = true;
    c.lora_target_parameters = {"experts.gate_up_proj", "experts.down_proj", "gate.weight"};
  }
  c.micro_batch_size = 2;
  c.gradient_accumulation_steps = run.accumulation;
  c.max_steps = 8;
  c.learning_rate = run.adapter == AdapterKind::kNone ? 3e-3 : 1e-2;
  c.lr_scheduler = LrSchedule::kConstant;
  c.output_dir = output;
  return c;
}

struct Finished {
  RunOutcome outcome;
  std::string printed;
  std::vector<nlohmann::json> metrics;
};

Finished run(const TrainConfig& config) {
  Finished finished;
  std::FILE* out = std::tmpfile();
  finished.outcome = run_finetuning({config, {"a note"}}, {fs::current_path(), {}}, out);
  std::rewind(out);
  for (int c = 0; (c = std::fgetc(out)) != EOF;) finished.printed += static_cast<char>(c);
  std::fclose(out);
  std::ifstream lines(config.output_dir / "metrics.jsonl");
  for (std::string line; std::getline(lines, line);)
    finished.metrics.push_back(nlohmann::json::parse(line));
  return finished;
}

// The loss of step `step` (from 0) with the weights that `options` load.
double loss_of(const TrainConfig& config, const LoadOptions& options, int64_t step) {
  const Tokenizer tokenizer = Tokenizer::load(kTokenizer);
  const Dataset dataset = load_training_data(config, tokenizer, [&](const DatasetConfig& d) {
                            return make_chat_writer(config, d, tokenizer);
                          }).train;
  Sampler sampler(dataset.lengths(), sampler_settings(config));
  const LoadedModel model = load_model(options);
  const NoGrad no_grad;
  const StepSamples samples = sampler.at(step);
  int64_t labels = 0;
  for (const MicroBatch& m : samples.micro_batches) labels += labels_in(dataset, m);
  double loss = 0;
  for (const MicroBatch& m : samples.micro_batches) {
    const Batch batch = collate(dataset, m);
    const auto out = model.model->forward(batch, model.model->context(batch), false);
    loss += static_cast<double>(
        model.model->loss(out, batch, Tensor::scalar(static_cast<float>(labels)))
            .value()
            .item<float>());
  }
  return loss;
}

// From the same random weights with the adapter, or from the exported model.
LoadOptions reload(const TrainConfig& config, const fs::path& result) {
  LoadOptions options = load_options(config);
  options.lora.reset();
  if (config.adapter == AdapterKind::kNone)
    options.model = result.string();
  else
    options.adapter = result.string();
  return options;
}

TEST_CASE("finetuning: runs of every kind learn, log and leave weights that load again") {
  const TemporaryDirectory dir;
  write_rows(dir / "rows.jsonl");
  for (const Run& kind :
       {Run{"lora", AdapterKind::kLora}, Run{"lora packed", AdapterKind::kLora, false, true, 2},
        Run{"qlora", AdapterKind::kQlora, true, false, 2},
        Run{"qlora packed", AdapterKind::kQlora, true, true}, Run{"full"},
        Run{"full packed", AdapterKind::kNone, false, true}}) {
    CAPTURE(kind.name);
    TrainConfig config = config_of(kind, dir / "rows.jsonl", dir / kind.name);
    const Finished longer = run(config);  // 8 steps
    config.max_steps = 6;
    config.output_dir = dir / (std::string(kind.name) + " 6");
    const Finished shorter = run(config);

    REQUIRE(longer.metrics.size() == 8);
    REQUIRE(shorter.metrics.size() == 6);
    for (size_t i = 0; i < longer.metrics.size(); ++i) {
      const nlohmann::json& m = longer.metrics[i];
      CHECK(m["step"] == i + 1);
      CHECK(m["lr"] == config.learning_rate);
      for (const char* key : {"loss", "grad_norm", "tokens", "tokens_per_second", "memory_bytes"})
        CHECK(m[key].get<double>() > 0);
    }
    CHECK(longer.outcome.first_loss == longer.metrics[0]["loss"]);
    CHECK(longer.outcome.last_loss == longer.metrics[7]["loss"]);
    CHECK(longer.outcome.last_loss < 0.95 * longer.outcome.first_loss);

    // Step 7 starts from what six steps have left.
    CHECK(longer.metrics[5]["loss"] == shorter.metrics[5]["loss"]);
    const double seventh = longer.metrics[6]["loss"];
    CHECK(loss_of(config, reload(config, shorter.outcome.result), 6) ==
          doctest::Approx(seventh).epsilon(1e-7));
  }
}

TEST_CASE("finetuning: conversations are written with chat_template") {
  const TemporaryDirectory dir;
  write_rows(dir / "rows.jsonl");
  const auto first_step = [&](const std::string& name) {
    TrainConfig config = config_of({"lora", AdapterKind::kLora}, dir / "rows.jsonl", dir / name);
    config.max_steps = 1;
    if (!name.empty()) config.chat_template = name;
    return run(config).metrics.at(0);
  };
  const nlohmann::json own = first_step("");
  CHECK(own["loss"] == first_step("qwen3_5_nothink")["loss"]);  // the tokenizer's own is this one
  // Two rows without their empty think blocks.
  const nlohmann::json chatml = first_step("chatml");
  CHECK(chatml["tokens"] < own["tokens"]);
  CHECK(chatml["loss"] != own["loss"]);
}

TEST_CASE("finetuning: same seed, same bytes, with one thread or two") {
  const TemporaryDirectory dir;
  write_rows(dir / "rows.jsonl");
  const int before = kernels::num_threads();
  std::vector<std::string> adapters, losses;
  for (const int threads : {2, 2, 1}) {
    kernels::set_num_threads(threads);
    TrainConfig config =
        config_of({"lora", AdapterKind::kLora, false, true, 2}, dir / "rows.jsonl", dir / "run");
    config.max_steps = 4;
    const Finished finished = run(config);
    const std::string file = (finished.outcome.result / "adapter_model.safetensors").string();
    adapters.push_back(read_file(file, ErrorCode::kModel));
    losses.push_back(finished.metrics[3]["loss"].dump());
  }
  kernels::set_num_threads(before);
  CHECK(adapters[0].size() > 1000);
  CHECK(adapters[0] == adapters[1]);
  CHECK(adapters[0] == adapters[2]);
  CHECK(losses[0] == losses[1]);
  CHECK(losses[0] == losses[2]);
}

TEST_CASE("finetuning: what is written where") {
  const TemporaryDirectory dir;
  write_rows(dir / "rows.jsonl");
  TrainConfig config =
      config_of({"lora", AdapterKind::kLora, false, true}, dir / "rows.jsonl", dir / "lora");
  config.max_steps = 1;
  const Finished lora = run(config);
  CHECK(lora.outcome.result == fs::path(dir / "lora") / "adapter");
  const auto adapter = nlohmann::json::parse(
      read_file((lora.outcome.result / "adapter_config.json").string(), ErrorCode::kModel));
  CHECK(adapter["base_model_name_or_path"] == "random:quickstart");
  CHECK(adapter["target_modules"] == "all-linear");
  // The random model stops nowhere, so what says where the adapter does goes along.
  const auto generation = nlohmann::json::parse(
      read_file((lora.outcome.result / "generation_config.json").string(), ErrorCode::kModel));
  CHECK(generation["eos_token_id"] == Tokenizer::load(kTokenizer).token_to_id("<|im_end|>"));
  CHECK(fs::exists(lora.outcome.result / "tokenizer.json"));

  config = config_of({"full"}, dir / "rows.jsonl", dir / "full");
  config.max_steps = 1;
  config.bf16 = Bf16::kTrue;
  const Finished full = run(config);
  CHECK(full.outcome.result == fs::path(dir / "full") / "model");
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"})
    CHECK(read_file((full.outcome.result / name).string(), ErrorCode::kModel) ==
          read_file(std::string(kTokenizer) + "/" + name, ErrorCode::kModel));
  const auto model = nlohmann::json::parse(
      read_file((full.outcome.result / "config.json").string(), ErrorCode::kModel));
  CHECK(model["dtype"] == "bfloat16");
  const ModelFiles weights = ModelFiles::open(full.outcome.result.string());
  CHECK(weights.contains("model.embed_tokens.weight"));
  CHECK_FALSE(weights.contains("lm_head.weight"));  // tied
  CHECK(weights.info("model.layers.0.mlp.experts.down_proj").type == StoredType::bf16);

  // A second training starts from the directory: config.json stays as it is, byte for byte.
  const std::string base = full.outcome.result.string();
  write_file(base + "/config.json", read_file(base + "/config.json", ErrorCode::kModel) + "\n\n");
  config.base_model = {base, base};
  config.tokenizer_config = {};
  config.output_dir = dir / "again";
  const Finished again = run(config);
  CHECK(read_file((again.outcome.result / "config.json").string(), ErrorCode::kModel) ==
        read_file(base + "/config.json", ErrorCode::kModel));
  CHECK(fs::exists(again.outcome.result / "tokenizer.json"));
}

TEST_CASE("finetuning: header and summary say what was done") {
  const TemporaryDirectory dir;
  write_rows(dir / "rows.jsonl");
  TrainConfig config =
      config_of({"lora", AdapterKind::kLora, false, true}, dir / "rows.jsonl", dir / "out");
  config.max_steps = 2;
  config.seed = 77;
  const std::string text = run(config).printed;
  for (const char* part :
       {"random:quickstart: Qwen3_5MoeForCausalLM, 4 layers", "8 experts (2 a token)",
        "LoRA of rank 8", "mlp.experts ", "60 rows (question/answer)", "60 examples", "packed, ",
        "2 (", "seed     77", "note     a note", "step 1/2  loss ", "step 2/2  loss ",
        "done     loss ", "peak memory "})
    check_contains(text, part);
  check_contains(text, dir / "out" + "/adapter");
}

TEST_CASE("finetuning: a step that is skipped is said, and its loss is not the run's") {
  const TemporaryDirectory dir;
  write_rows(dir / "rows.jsonl");
  TrainConfig config = config_of({"full"}, dir / "rows.jsonl", dir / "out");
  config.max_steps = 3;
  config.learning_rate = 1e30;
  config.max_grad_norm = 0;
  config.on_non_finite = NonFinite::kSkip;
  const Finished skipped = run(config);
  check_contains(skipped.printed, "skipped step 2: the ");
  check_contains(skipped.printed, "rows.jsonl:");
  check_contains(skipped.printed, "(2 in a row, 5 at most)");
  CHECK(skipped.outcome.steps == 3);
  CHECK(skipped.outcome.last_loss == skipped.outcome.first_loss);
}

TEST_CASE("finetuning: a tokenizer that is too large for the model is refused, nothing is left") {
  const TemporaryDirectory dir;
  write_rows(dir / "rows.jsonl");
  TrainConfig config = config_of({"full"}, dir / "rows.jsonl", dir / "out");
  config.tokenizer_config = {dir.path(), dir.path()};
  auto tokenizer =
      nlohmann::json::parse(read_file("data/quickstart/tokenizer.json", ErrorCode::kModel));
  nlohmann::json one_more = tokenizer["added_tokens"].back();
  one_more["id"] = 1024;
  one_more["content"] = "<one_more>";
  tokenizer["added_tokens"].push_back(one_more);
  write_file(dir / "tokenizer.json", tokenizer.dump());
  check_contains(error_of(ErrorCode::kModel, [&] { run(config); }), "vocab_size is 1024");
  CHECK_FALSE(fs::exists(dir / "out"));
}

TEST_CASE("finetuning: a model with a head of labels is refused, nothing is left") {
  const TemporaryDirectory dir;
  write_rows(dir / "rows.jsonl");
  fs::create_directory(dir / "reward");
  write_file(dir / "reward/config.json", R"({"model_type": "qwen3",
    "architectures": ["Qwen3ForSequenceClassification"], "num_labels": 1, "vocab_size": 1024,
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 1, "head_dim": 8, "rope_theta": 10000.0, "pad_token_id": 0,
    "max_position_embeddings": 512})");
  TrainConfig config = config_of({"full"}, dir / "rows.jsonl", dir / "out");
  config.base_model.written = "random:" + (dir / "reward");
  check_contains(error_of(ErrorCode::kModel, [&] { run(config); }), "/reward has a head of labels");
  CHECK_FALSE(fs::exists(dir / "out"));
}

}  // namespace
}  // namespace hone
