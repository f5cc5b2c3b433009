// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Whole runs with evaluations: when they are made, what follows from them, and that training does
// not notice.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "tests/data/temporary_directory.h"
#include "train/checkpoint_folder.h"
#include "train/finetuning.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizer = "data/quickstart";

std::string write_rows(const TemporaryDirectory& dir) {
  std::string rows;
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i);
    rows += R"({"question": "What follows )" + n + R"(?", "answer": "After )" + n + " comes " +
            std::to_string(i + 1) + R"(."})" + "\n";
  }
  write_file(dir / "rows.jsonl", rows);
  return dir / "rows.jsonl";
}

// 30 rows of training, 10 held out; a step has 6 rows, so an epoch 5 steps.
TrainConfig config_for(const TemporaryDirectory& dir, const std::string& name) {
  const std::string rows = write_rows(dir);
  TrainConfig c;
  c.base_model.written = "random:quickstart";
  c.tokenizer_config = {kTokenizer, kTokenizer};
  c.datasets.emplace_back().path = {rows, rows};
  c.val_set_size = 10;
  c.sequence_len = 96;
  c.adapter = AdapterKind::kLora;
  c.lora_alpha = 16;
  c.lora_dropout = 0.1;
  c.lora_target_linear = true;
  c.micro_batch_size = 3;
  c.gradient_accumulation_steps = 2;
  c.max_steps = 8;
  c.learning_rate = 1e-2;
  c.lr_scheduler = LrSchedule::kConstant;
  c.output_dir = dir / name;
  return c;
}

struct Finished {
  RunOutcome outcome;
  std::string printed;
  std::vector<int64_t> evaluated;  // steps
  std::vector<double> losses;      // of the evaluations
  int64_t lines = 0;               // of metrics.jsonl
};

Finished run(const TrainConfig& config) {
  Finished f;
  std::FILE* out = std::tmpfile();
  f.outcome = run_finetuning({config, {}}, {fs::current_path(), {}}, out);
  std::rewind(out);
  for (int c = 0; (c = std::fgetc(out)) != EOF;) f.printed += static_cast<char>(c);
  std::fclose(out);
  std::ifstream lines(config.output_dir / "metrics.jsonl");
  for (std::string text; std::getline(lines, text); ++f.lines) {
    const nlohmann::json line = nlohmann::json::parse(text);
    if (!line.contains("eval_loss")) continue;
    f.evaluated.push_back(line["step"]);
    f.losses.push_back(line["eval_loss"]);
    CHECK(line["eval_perplexity"].get<double>() ==
          doctest::Approx(std::exp(f.losses.back())).epsilon(1e-12));
    CHECK(line["eval_labels"] > 0);
    CHECK(line["eval_seconds"] > 0);
  }
  return f;
}

std::string adapter_bytes(const fs::path& folder) {
  return read_file((folder / "adapter_model.safetensors").string(), ErrorCode::kInternal);
}

using Steps = std::vector<int64_t>;

TEST_CASE("evaluation: does not change a bit of the training") {
  const TemporaryDirectory dir;
  TrainConfig without = config_for(dir, "without"), with = config_for(dir, "with");
  without.eval_strategy = StepStrategy::kNo;
  with.eval_steps = 1;
  with.eval_batch_size = 4;
  with.eval_sample_packing = true;
  const Finished a = run(without), b = run(with);
  CHECK(a.evaluated.empty());
  CHECK(b.evaluated == Steps{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(a.lines == 8);
  CHECK(b.lines == 16);
  CHECK(adapter_bytes(a.outcome.result) == adapter_bytes(b.outcome.result));
  CHECK(a.outcome.last_loss == b.outcome.last_loss);
  CHECK(b.losses.back() < b.losses.front());
  CHECK(b.outcome.evaluation.loss == b.losses.back());
  CHECK(b.printed.find("evaluation after step 8: loss ") != std::string::npos);
}

TEST_CASE("evaluation: answers to held-out prompts, before training and later") {
  const TemporaryDirectory dir;
  TrainConfig without = config_for(dir, "without"), with = config_for(dir, "with");
  // One answer for all, so that a few steps are enough to learn it.
  std::string rows;
  for (int i = 0; i < 40; ++i)
    rows += R"({"question": "Say it, )" + std::to_string(i) + R"(!", "answer": "It."})" + "\n";
  for (TrainConfig* config : {&without, &with}) {
    write_file(dir / "rows.jsonl", rows);
    config->learning_rate = 0.005;
    config->max_steps = 30;
  }
  with.eval_steps = 10;
  with.eval_on_start = true;
  with.do_causal_lm_eval = true;
  with.eval_max_new_tokens = 8;
  with.eval_table_size = 2;
  const Finished a = run(without), b = run(with);
  CHECK(adapter_bytes(a.outcome.result) == adapter_bytes(b.outcome.result));
  CHECK(b.evaluated == Steps{0, 10, 20, 30});
  CHECK(b.outcome.exact_match_before == 0.0);
  CHECK(b.outcome.exact_match_after == 1.0);
  CHECK(b.outcome.answered == 10);
  REQUIRE(b.outcome.answers.after.size() == 2);
  CHECK(b.outcome.answers.after[0].answer == "It.");
  CHECK(b.outcome.answers.before[0].answer != "It.");
  for (const char* part : {"evaluation before training: exact match 0.0 % (0 of 10), loss ",
                           "evaluation after step 30: exact match 100.0 % (10 of 10), loss ",
                           "answers  exact match 100.0 % (10 of 10), before training 0.0 %\n",
                           "  prompt  Say it, ", "  after   It.\n"})
    CHECK_MESSAGE(b.printed.find(part) != std::string::npos, part, " in: ", b.printed);

  const auto result = nlohmann::json::parse(
      read_file((with.output_dir / "result.json").string(), ErrorCode::kInternal));
  CHECK(result["exact_match_before"] == 0.0);
  CHECK(result["exact_match_after"] == 1.0);
  CHECK(result["rows"] == 10);
  CHECK(result["train_seconds"] > 0.0);
  CHECK(result["peak_memory_bytes"] > 0);
  CHECK(result["predicted_memory_bytes"] > 0);
  CHECK(result["steps"] == 30);
  CHECK(result["tokens"] == b.outcome.tokens);
  CHECK(result["first_loss"] == b.outcome.first_loss);
  CHECK(result["last_loss"] == b.outcome.last_loss);
  CHECK(result["last_loss"] < result["first_loss"]);
  CHECK(result["eval_loss"] == *b.outcome.evaluation.loss);
  CHECK(fs::exists(with.output_dir / "result.svg"));
  // Where no answers are asked for, none are claimed.
  const auto unmeasured = nlohmann::json::parse(
      read_file((without.output_dir / "result.json").string(), ErrorCode::kInternal));
  CHECK(unmeasured["exact_match_after"].is_null());
  CHECK(unmeasured["rows"] == 0);
}

TEST_CASE("evaluation: after each epoch and after the last step, unless told otherwise") {
  const TemporaryDirectory dir;
  CHECK(run(config_for(dir, "epochs")).evaluated == Steps{5, 8});
  TrainConfig steps = config_for(dir, "steps");
  steps.eval_steps = 3;
  CHECK(run(steps).evaluated == Steps{3, 6, 8});
}

TEST_CASE("evaluation: early stopping ends a run that gets no better, and keeps its end") {
  const TemporaryDirectory dir;
  TrainConfig config = config_for(dir, "early");
  config.eval_steps = 1;
  config.early_stopping_patience = 2;
  config.early_stopping_threshold = 1e6;  // nothing is better by so much
  const Finished f = run(config);
  CHECK(f.evaluated == Steps{1, 2, 3});
  CHECK(f.outcome.stopped_early);
  CHECK(f.outcome.steps == 3);
  CHECK(f.outcome.signal == 0);
  CHECK(fs::exists(config.output_dir / "adapter" / "adapter_model.safetensors"));
  CHECK(f.printed.find("evaluations no longer got better") != std::string::npos);

  TrainConfig patient = config_for(dir, "patient");
  patient.eval_steps = 1;
  patient.early_stopping_patience = 2;
  CHECK(!run(patient).outcome.stopped_early);
}

// Held out are other words than those of training: the more of that, the less likely they are.
TrainConfig worsening_config(const TemporaryDirectory& dir) {
  TrainConfig config = config_for(dir, "best");
  config.eval_steps = 1;
  std::string rows;
  for (int i = 0; i < 10; ++i)
    rows += R"({"question": "Sing!", "answer": "xylophone jazz quartz wizard fjord vex kiwi"})"
            "\n";
  write_file(dir / "other.jsonl", rows);
  config.val_set_size = 0;
  config.test_datasets.emplace_back().path = {dir / "other.jsonl", dir / "other.jsonl"};
  config.learning_rate = 0.03;
  return config;
}

TEST_CASE("evaluation: the best model is the result, and its checkpoint stays") {
  const TemporaryDirectory dir;
  TrainConfig config = worsening_config(dir);
  config.load_best_model_at_end = true;
  config.save_total_limit = 1;
  const Finished f = run(config);
  const auto best = std::min_element(f.losses.begin(), f.losses.end());
  const int64_t step = f.evaluated[static_cast<size_t>(best - f.losses.begin())];
  REQUIRE(step < 8);
  CHECK(f.outcome.evaluation.best_step == step);
  CHECK(f.outcome.evaluation.best == *best);
  const fs::path checkpoint = config.output_dir / checkpoint_name(step);
  REQUIRE(fs::exists(checkpoint));
  CHECK(adapter_bytes(f.outcome.result) == adapter_bytes(checkpoint / "adapter"));
  CHECK(adapter_bytes(f.outcome.result) !=
        adapter_bytes(config.output_dir / checkpoint_name(8) / "adapter"));
}

TEST_CASE("evaluation: save_strategy best leaves a checkpoint of every best evaluation, no other") {
  const TemporaryDirectory dir;
  TrainConfig config = worsening_config(dir);
  config.save_strategy = StepStrategy::kBest;
  const Finished f = run(config);
  Steps best;
  double lowest = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < f.losses.size(); ++i)
    if (f.losses[i] < lowest) {
      lowest = f.losses[i];
      best.insert(best.begin(), f.evaluated[i]);
    }
  Steps saved;
  for (const CheckpointFolder& folder : list_checkpoints(config.output_dir))
    saved.push_back(folder.step);
  CHECK(saved == best);
  CHECK(best.size() < f.losses.size());
  CHECK(verify_checkpoint(config.output_dir / checkpoint_name(best[0])).manifest.resumable);
  // The result is the model after the last step all the same.
  CHECK(adapter_bytes(f.outcome.result) !=
        adapter_bytes(config.output_dir / checkpoint_name(best[0]) / "adapter"));
}

TEST_CASE("evaluation: a run that is resumed remembers what it found") {
  const TemporaryDirectory dir;
  TrainConfig config = config_for(dir, "whole");
  config.eval_steps = 1;
  config.save_steps = 1;
  config.early_stopping_patience = 4;
  config.early_stopping_threshold = 1e6;
  const Finished whole = run(config);
  CHECK(whole.outcome.steps == 5);
  TrainConfig resumed = config;
  resumed.output_dir = dir / "resumed";
  const fs::path checkpoint = config.output_dir / checkpoint_name(3);
  resumed.resume_from_checkpoint = {checkpoint.string(), checkpoint};
  const Finished rest = run(resumed);
  CHECK(rest.outcome.steps == 5);
  CHECK(rest.outcome.stopped_early);
  CHECK(rest.evaluated == whole.evaluated);
  CHECK(rest.losses == whole.losses);
  CHECK(adapter_bytes(rest.outcome.result) == adapter_bytes(whole.outcome.result));
}

}  // namespace
}  // namespace hone
