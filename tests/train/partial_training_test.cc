// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Runs that train a part of the weights, and runs that run out of memory.
#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "data/file.h"
#include "tensor/allocator.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "train/finetuning.h"
#include "train/model_options.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizer = "data/quickstart";

TrainConfig quickstart(const TemporaryDirectory& dir) {
  const std::string rows = dir / "rows.jsonl";
  write_file(rows, R"({"question": "What follows 1?", "answer": "2."})"
                   "\n"
                   R"({"question": "What follows 2?", "answer": "3."})"
                   "\n");
  TrainConfig c;
  c.base_model.written = "random:quickstart";
  c.tokenizer_config = {kTokenizer, kTokenizer};
  c.datasets.emplace_back().path = {rows, rows};
  c.sequence_len = 64;
  c.max_steps = 2;
  c.learning_rate = 1e-2;
  c.lr_scheduler = LrSchedule::kConstant;
  c.output_dir = dir / "out";
  return c;
}

void run(const TrainConfig& config) {
  std::FILE* out = std::tmpfile();
  try {
    run_finetuning({config, {}}, {fs::current_path(), {}}, out);
  } catch (...) {
    std::fclose(out);
    throw;
  }
  std::fclose(out);
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.nbytes() == b.nbytes() &&
         std::memcmp(a.data<float>(), b.data<float>(), static_cast<size_t>(a.nbytes())) == 0;
}

TEST_CASE("unfrozen_parameters: what they match is trained, the rest keeps its bits") {
  const TemporaryDirectory dir;
  TrainConfig config = quickstart(dir);
  // Both spellings of a dot, and a pattern that matches nothing beside ones that do.
  config.unfrozen_parameters = {"model\\.layers\\.2\\..*", "model.layers.3.self_attn.q_proj",
                                "no_such_weight"};
  run(config);
  LoadOptions before = load_options(config), after = load_options(config);
  after.model = (config.output_dir / "model").string();
  after.unfrozen = {};
  const LoadedModel old_model = load_model(before), new_model = load_model(after);
  REQUIRE(old_model.parameters.size() == new_model.parameters.size());
  int64_t trained = 0;
  for (size_t i = 0; i < old_model.parameters.size(); ++i) {
    const nn::Parameter& p = old_model.parameters[i];
    CAPTURE(p.name);
    const bool selected = p.name.starts_with("model.layers.2.") ||
                          p.name.starts_with("model.layers.3.self_attn.q_proj");
    CHECK(p.trainable == selected);
    trained += p.trainable;
    CHECK(same_bytes(p.var.value(), new_model.parameters[i].var.value()) != selected);
  }
  CHECK(trained > 5);
}

TEST_CASE("unfrozen_parameters: selecting nothing is an error") {
  const TemporaryDirectory dir;
  TrainConfig config = quickstart(dir);
  config.unfrozen_parameters = {"model.vision.*"};
  check_contains(error_of(ErrorCode::kUsage, [&] { run(config); }),
                 "unfrozen_parameters: no weight's name begins with what they match");
  config.unfrozen_parameters = {"model.(layers"};
  check_contains(error_of(ErrorCode::kUsage, [&] { run(config); }),
                 "unfrozen_parameters \"model.(layers\"");
  // One that backtracks without end.
  config.unfrozen_parameters = {"([a-z._]+)+[0-9]"};
  check_contains(error_of(ErrorCode::kUsage, [&] { run(config); }), "backtracks too much");
}

TEST_CASE("memory: a limit below the prediction stops the run before anything is loaded") {
  const TemporaryDirectory dir;
  TrainConfig config = quickstart(dir);
  config.memory_limit = ByteSize{8 << 20};
  const std::string text = error_of(ErrorCode::kOutOfMemory, [&] { run(config); });
  check_contains(text, "memory_limit is 8.0 MiB; nothing was loaded\n");
  check_contains(text, "what would help, with the peak predicted for it:\n");
  CHECK_FALSE(fs::exists(config.output_dir));
}

TEST_CASE("memory: running out of it during the run gives the same advice") {
  const TemporaryDirectory dir;
  const TrainConfig config = quickstart(dir);
  set_memory_cap(kCpu, 12 << 20);  // enough to load, not to train; the forecast knows nothing of it
  const std::string text = error_of(ErrorCode::kOutOfMemory, [&] { run(config); });
  set_memory_cap(kCpu, 0);
  check_contains(text, "trainable parameters");
  check_contains(text, "\nwhat would help, with the peak predicted for it:\n");
  check_contains(text, ", saves ");
}

}  // namespace
}  // namespace hone
