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
  check_contains(
      error_of(ErrorCode::kUsage, [&] { run(config); }),
      "unfrozen_parameters: no weight's name begins with what they match, so they would "
      "train nothing; there are model.embed_tokens.weight, model.layers, model.norm.weight");
  config.unfrozen_parameters = {"^model\\.layer\\..*", "model.nrom"};
  const std::string near = error_of(ErrorCode::kUsage, [&] { run(config); });
  check_contains(near, "\"^model\\.layer\\..*\": did you mean model.layers? ");
  check_contains(near, "\"model.nrom\": did you mean model.norm? ");
  config.unfrozen_parameters = {"model.(layers"};
  check_contains(error_of(ErrorCode::kUsage, [&] { run(config); }),
                 "unfrozen_parameters \"model.(layers\"");
  // One that backtracks without end.
  config.unfrozen_parameters = {"([a-z._]+)+[0-9]"};
  check_contains(error_of(ErrorCode::kUsage, [&] { run(config); }), "backtracks too much");
}

// The weights that a run trains, with their old and new values.
struct Trained {
  std::string name;
  bool adapter = false, changed = false;
};

std::vector<Trained> trained_weights(const TrainConfig& config) {
  LoadOptions before = load_options(config), after = load_options(config);
  after.adapter = (config.output_dir / "adapter").string();
  after.lora.reset();
  after.unfrozen = {};
  const LoadedModel old_model = load_model(before), new_model = load_model(after);
  std::vector<Trained> trained;
  REQUIRE(old_model.parameters.size() == new_model.parameters.size());
  for (size_t i = 0; i < old_model.parameters.size(); ++i) {
    const nn::Parameter &was = old_model.parameters[i], &is = new_model.parameters[i];
    CAPTURE(was.name);
    CHECK(was.trainable == is.trainable);
    CHECK(was.quantised == is.quantised);
    const bool changed = !was.quantised && !same_bytes(was.var.value(), is.var.value());
    CHECK(changed == was.trainable);
    // No gradient, and so no optimizer state, for what is frozen.
    CHECK((was.var.grad() && was.var.grad()->wanted()) == was.trainable);
    if (was.trainable) trained.push_back({was.name, was.adapter, changed});
  }
  CHECK(old_model.arena->slots().size() == trained.size());
  return trained;
}

TEST_CASE(
    "unfrozen_parameters: beside an adapter they select base weights, adapters always train") {
  const TemporaryDirectory dir;
  TrainConfig config = quickstart(dir);
  config.adapter = AdapterKind::kLora;
  config.lora_target_modules.names = {"q_proj"};
  config.unfrozen_parameters = {"model.layers.1.input_layernorm", "model.layers.3.self_attn"};
  run(config);
  int64_t adapters = 0, base = 0;
  for (const Trained& t : trained_weights(config)) {
    CAPTURE(t.name);
    adapters += t.adapter;
    base += !t.adapter;
    if (!t.adapter)
      CHECK((t.name == "model.layers.1.input_layernorm.weight" ||
             t.name.starts_with("model.layers.3.self_attn.")));
  }
  CHECK(adapters == 2);  // A and B of the one q_proj
  CHECK(base == 7);      // a norm; q, k, v, o and the norms of q and k
}

TEST_CASE("unfrozen_parameters: what is kept in 4 bits stays frozen, and this is said") {
  const TemporaryDirectory dir;
  TrainConfig config = quickstart(dir);
  config.adapter = AdapterKind::kQlora;
  config.load_in_4bit = true;
  config.lora_target_modules.names = {"q_proj"};
  config.unfrozen_parameters = {"model.layers.3.self_attn"};
  config.lora_modules_to_save = {"layers.1.mlp.shared_expert"};
  CHECK(describe_model(load_options(config)).note ==
        "unfrozen_parameters: 4 of the 6 weights that they select are kept in 4 bits and stay "
        "frozen");
  run(config);
  int64_t norms = 0, saved = 0;
  for (const Trained& t : trained_weights(config)) {
    norms += t.name.ends_with("_norm.weight");
    saved += t.name.starts_with("model.layers.1.mlp.shared_expert.");
  }
  CHECK(norms == 2);
  CHECK(saved == 3);  // whole modules have 16 bits
}

TEST_CASE(
    "lora_modules_to_save: a name that no module ends in is an error that names what is near") {
  const TemporaryDirectory dir;
  TrainConfig config = quickstart(dir);
  config.adapter = AdapterKind::kLora;
  config.lora_target_modules.names = {"q_proj"};
  config.lora_modules_to_save = {"embed_token"};
  check_contains(error_of(ErrorCode::kUsage, [&] { run(config); }),
                 "module to save \"embed_token\" matches no module or parameter of this model; did "
                 "you mean 'embed_tokens'?");
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
