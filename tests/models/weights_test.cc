// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/weights.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "data/file.h"
#include "data/safetensors_writer.h"
#include "kernels/elementwise/elementwise.h"
#include "models/load_model.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"

namespace hone {
namespace {

const std::string kDense = test::golden_model("qwen3_5_dense");
const std::string kMoe = test::golden_model("qwen3_5_moe");

using Tensors = std::vector<std::pair<std::string, Tensor>>;

Tensors tensors_of(const std::string& model) {
  Tensors all;
  const ModelFiles files = ModelFiles::open(model);
  for (const auto& [name, file] : files.tensors()) all.emplace_back(name, load_tensor(files, name));
  return all;
}

void write_model_dir(const TemporaryDirectory& dir, const std::string& like,
                     const Tensors& tensors) {
  std::vector<NamedBytes> named;
  for (const auto& [name, t] : tensors) named.push_back(named_bytes(name, t));
  write_safetensors(dir / "model.safetensors", named);
  write_file(dir / "config.json", read_file(like + "/config.json", ErrorCode::kModel));
}

LoadedModel load(const std::string& directory, bool train = false) {
  LoadOptions o;
  o.model = directory;
  o.train_base = train;
  return load_model(o);
}

std::string refusal(const std::string& like, const Tensors& tensors) {
  const TemporaryDirectory dir;
  write_model_dir(dir, like, tensors);
  return error_of(ErrorCode::kModel, [&] { load(dir.path()); });
}

TEST_CASE("weights: missing, misshapen and surplus tensors are refused by name") {
  Tensors all = tensors_of(kDense);
  const auto norm = std::find_if(all.begin(), all.end(), [](const auto& t) {
    return t.first == "model.layers.1.input_layernorm.weight";
  });
  Tensors missing(all), misshapen(all), surplus(all);
  missing.erase(missing.begin() + (norm - all.begin()));
  CHECK(refusal(kDense, missing).find("model.layers.1.input_layernorm.weight is missing") !=
        std::string::npos);
  misshapen[static_cast<size_t>(norm - all.begin())].second = Tensor::zeros({33}, DType::f32);
  CHECK(refusal(kDense, misshapen).find("is [33], but config.json says [32]") != std::string::npos);
  surplus.emplace_back("model.layers.9.input_layernorm.weight", Tensor::zeros({32}, DType::f32));
  CHECK(refusal(kDense, surplus).find("has no place in the model") != std::string::npos);
}

TEST_CASE("weights: vision and multi-token tensors are left out and said in one line") {
  Tensors all = tensors_of(kDense);
  all.emplace_back("model.visual.merger.norm.weight", Tensor::zeros({8}, DType::f32));
  all.emplace_back("mtp.fc.weight", Tensor::zeros({8, 16}, DType::f32));
  const TemporaryDirectory dir;
  write_model_dir(dir, kDense, all);
  CHECK(load(dir.path()).note.find("2 tensors") != std::string::npos);
  CHECK(load(kDense).note.empty());
}

TEST_CASE("weights: experts one by one and fused give the same model") {
  const LoadedModel reference = load(kMoe, true);
  Tensors fused;
  for (const auto& [name, t] : tensors_of(kMoe))
    if (name.find(".experts.") == std::string::npos) fused.emplace_back(name, t);
  for (const auto& slot : reference.arena->slots())
    if (slot.name.find(".experts.") != std::string::npos)
      fused.emplace_back(slot.name, slot.var.value());
  const TemporaryDirectory dir;
  write_model_dir(dir, kMoe, fused);
  CHECK(test::same_bits(load(dir.path(), true).arena->master(), reference.arena->master()));
}

TEST_CASE("weights: any float dtype on disk, peak memory is the model plus one tensor") {
  Tensors half;
  int64_t largest = 0, total = 0;
  for (const auto& [name, t] : tensors_of(kDense)) {
    half.emplace_back(name, kernels::cast(t, DType::f16));
    largest = std::max(largest, t.nbytes());
    total += t.nbytes();
  }
  const TemporaryDirectory dir;
  write_model_dir(dir, kDense, half);
  half.clear();
  const int64_t before = memory_stats(kCpu).live;
  reset_peak_memory(kCpu);
  const LoadedModel m = load(dir.path());
  CHECK(memory_stats(kCpu).live - before == total);  // f32 from f16
  CHECK(memory_stats(kCpu).peak - before <= total + largest);
}

}  // namespace
}  // namespace hone
