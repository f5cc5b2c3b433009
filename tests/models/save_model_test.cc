// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/save_model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "data/file.h"
#include "data/model_writer.h"
#include "models/weights.h"
#include "tests/data/temporary_directory.h"
#include "tests/models/tiny_model.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"

namespace hone {
namespace {

LoadOptions full_training(const std::string& model) {
  LoadOptions options;
  options.model = model;
  options.train_base = true;
  options.seed = 3;
  return options;
}

void check_same_weights(const LoadedModel& a, const LoadedModel& b) {
  REQUIRE(a.parameters.size() == b.parameters.size());
  for (size_t i = 0; i < a.parameters.size(); ++i) {
    CAPTURE(a.parameters[i].name);
    CHECK(a.parameters[i].name == b.parameters[i].name);
    CHECK(test::same_bits(a.parameters[i].var.value(), b.parameters[i].var.value()));
  }
}

TEST_CASE("save_model: a preset loads again as it was") {
  const TemporaryDirectory dir;
  for (const bool moe : {false, true})
    for (const DType dtype : {DType::f32, DType::bf16}) {
      LoadOptions options = full_training("random:quickstart");
      options.config = test::tiny_config(moe);
      options.dtype = dtype;
      const LoadedModel model = load_model(options);
      const std::string saved = dir / ("m" + std::to_string(moe) + name_of(dtype));
      save_model(saved, model, "");
      LoadOptions again = full_training(saved);
      again.dtype = dtype;
      const LoadedModel reloaded = load_model(again);
      CHECK(reloaded.config.is_moe() == moe);
      CHECK(reloaded.note.empty());
      check_same_weights(model, reloaded);
    }
}

TEST_CASE("save_model: the names, config.json and other parts of the base are kept") {
  const TemporaryDirectory dir;
  // A base in the layout of a vision-language model: text weights under another name, other parts
  // beside them, a config.json of its own.
  LoadOptions options = full_training("random:quickstart");
  options.config = test::tiny_config(/*moe=*/true);
  options.config->tie_word_embeddings = true;
  LoadedModel model = load_model(options);
  save_model(dir / "text", model, "");
  const ModelFiles text = ModelFiles::open(dir / "text");
  std::map<std::string, Tensor> tensors;
  for (const auto& [name, file] : text.tensors())
    tensors["model.language_model." + name.substr(std::string("model.").size())] =
        load_tensor(text, name);
  tensors["model.visual.patch.weight"] = test::random_tensor({3, 2}, DType::bf16, "visual");
  tensors["mtp.fc.weight"] = test::random_tensor({5}, DType::f32, "mtp");
  tensors["lm_head.weight"] = tensors.at("model.language_model.embed_tokens.weight");
  std::vector<NamedBytes> named;
  for (const auto& [name, tensor] : tensors) named.push_back(named_bytes(name, tensor));
  write_model(dir / "base", named);
  write_file(dir / "base/config.json", "{ \"anything\":   1 }");

  // The trained model belongs to that base.
  model.config.name_infix = "language_model.";
  const Tensor trained = model.parameters.back().var.value();
  trained.view({trained.numel()}).data<float>()[0] += 1;
  save_model(dir / "out", model, dir / "base");

  CHECK(read_file(dir / "out/config.json", ErrorCode::kModel) == "{ \"anything\":   1 }");
  const ModelFiles out = ModelFiles::open(dir / "out");
  CHECK(out.tensors().size() == tensors.size() - 1);
  CHECK_FALSE(out.contains("lm_head.weight"));  // tied
  for (const char* name : {"model.visual.patch.weight", "mtp.fc.weight",
                           "model.language_model.layers.1.mlp.experts.down_proj"})
    CHECK(test::same_bits(load_tensor(out, name), tensors.at(name)));
  const std::string last = module_name(model.parameters.back().name, "language_model.");
  CHECK(test::same_bits(load_tensor(out, last), trained));
  CHECK_FALSE(test::same_bits(load_tensor(out, last), tensors.at(last)));
}

std::vector<std::string> tensor_names(const std::string& directory) {
  std::vector<std::string> names;
  const ModelFiles files = ModelFiles::open(directory);
  for (const auto& [name, file] : files.tensors()) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

TEST_CASE("save_model: every family under the names that transformers gives it") {
  const TemporaryDirectory dir;
  for (const std::string family :
       {"llama", "qwen3", "qwen3_moe", "mixtral", "olmoe", "nemotron", "gemma3_text"}) {
    CAPTURE(family);
    const std::string golden = test::golden_model(family);
    const LoadedModel model = load_model(full_training(golden));
    for (const std::string& base : {std::string(), golden}) {
      const std::string saved = dir / (family + (base.empty() ? "" : "-base"));
      save_model(saved, model, base);
      CHECK(tensor_names(saved) == tensor_names(golden));
      check_same_weights(load_model(full_training(saved)), model);
    }
  }
}

TEST_CASE("save_model: Gemma 3 under the names of older vision-language files") {
  const TemporaryDirectory dir;
  const std::string golden = test::golden_model("gemma3_text");
  const ModelFiles text = ModelFiles::open(golden);
  std::map<std::string, Tensor> tensors;
  for (const auto& [name, file] : text.tensors())
    tensors["language_model." + name] = load_tensor(text, name);
  tensors["vision_tower.patch.weight"] = test::random_tensor({3, 2}, DType::f32, "visual");
  tensors["multi_modal_projector.weight"] = test::random_tensor({5}, DType::f32, "projector");
  std::vector<NamedBytes> named;
  for (const auto& [name, tensor] : tensors) named.push_back(named_bytes(name, tensor));
  write_model(dir / "vl", named);
  write_file(dir / "vl/config.json",
             "{\"architectures\": [\"Gemma3ForConditionalGeneration\"], \"text_config\": " +
                 read_file(golden + "/config.json", ErrorCode::kModel) + "}");
  const LoadedModel model = load_model(full_training(dir / "vl"));
  CHECK(model.note.find("2 tensors of other parts") != std::string::npos);
  check_same_weights(model, load_model(full_training(golden)));
  save_model(dir / "out", model, dir / "vl");
  CHECK(tensor_names(dir / "out") == tensor_names(dir / "vl"));
}

TEST_CASE("save_model: adapters and quantised weights are not a model") {
  const TemporaryDirectory dir;
  LoadOptions options = full_training("random:quickstart");
  options.config = test::tiny_config(/*moe=*/false);
  options.train_base = false;
  options.quantise = QuantType::nf4;
  CHECK_THROWS_AS(save_model(dir / "q", load_model(options), ""), Error);
  options.quantise.reset();
  options.lora = LoraConfig{.all_linear = true};
  CHECK_THROWS_AS(save_model(dir / "l", load_model(options), ""), Error);
}

}  // namespace
}  // namespace hone
