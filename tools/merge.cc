// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Writes an adapter into the weights of its base model, reads the result and compares what it
// computes.
#include "models/merge.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "data/checkpoint_files.h"
#include "data/printable.h"
#include "kernels/elementwise/elementwise.h"
#include "models/generation.h"
#include "models/load_model.h"
#include "tensor/gpu.h"
#include "tensor/random.h"
#include "tools/tool_main.h"
#include "tools/unknown_option.h"
#include "train/export_model.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

struct Options {
  MergeOptions merge;
  std::string device = "cpu", dtype = "float32", load_in_4bit;
  double shard_gigabytes = static_cast<double>(kDefaultShardBytes) / 1e9;
};

// Two sequences of random tokens.
Batch probe(const ModelConfig& config) {
  constexpr int32_t kLength = 24;
  const RandomStream random(1, "merge");
  std::vector<int64_t> ids;
  for (uint64_t i = 0; i < 2 * kLength; ++i) {
    const float place = random.uniform(i) * static_cast<float>(config.vocab_size);
    ids.push_back(std::min(static_cast<int64_t>(place), config.vocab_size - 1));
  }
  return make_batch(ids, ids, std::array{0, kLength, 2 * kLength});
}

std::vector<double> logits_of(const Options& o, LoadOptions load) {
  load.inference = true;
  if (o.device == "cuda") load.device = {DeviceType::cuda, 0};
  load.dtype = o.dtype == "float32" ? DType::f32 : DType::bf16;
  const LoadedModel m = load_model(load);
  const Batch batch = probe(m.config).to(load.device);
  const DecoderOutput out = m.model->forward(batch, m.model->context(batch), false);
  return kernels::cast(m.model->answers(out.hidden.value()).to(kCpu), DType::f64)
      .to_vector<double>();
}

// ||a - b|| / ||b||; infinite if anything is not finite or they are not alike.
double difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return HUGE_VAL;  // the base has another head
  double error = 0, norm = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  const double relative = std::sqrt(error / std::max(norm, 1e-300));
  return std::isfinite(relative) ? relative : HUGE_VAL;
}

bool has_16_bit_weights(const std::string& model) {
  const ModelFiles files = ModelFiles::open(model);
  return std::any_of(files.tensors().begin(), files.tensors().end(), [&](const auto& tensor) {
    const StoredType type = files.info(tensor.first).type;
    return type == StoredType::bf16 || type == StoredType::f16;
  });
}

// The merged weights must give the logits of base and adapter, as far as their rounding allows, and
// be nearer to them than the base is.
void compare_logits(const Options& o) {
  const MergeOptions& m = o.merge;
  const auto base_with = [&](const std::string& adapter) {
    return logits_of(o, {.model = m.model, .adapter = adapter, .quantise = m.quantise});
  };
  const std::vector<double> wanted = base_with(m.adapter);
  const double moved = difference(base_with(""), wanted);
  const double error = difference(logits_of(o, {.model = m.out}), wanted);
  const double rounding = o.dtype == "float32" && !has_16_bit_weights(m.out) ? 1e-4 : 5e-2;
  std::printf(
      "logits   differ by %.1e from those of base and adapter, which the base misses by %.1e\n",
      error, moved);
  const bool is_nearer = error <= moved / 2 || error <= 1e-5;
  if (!(error <= rounding) || !is_nearer)
    fail(ErrorCode::kModel, m.out,
         ": the merged model does not compute what base and adapter do: ", "the logits differ by ",
         error, " of their norm, ",
         error <= rounding
             ? "no less than the base's: the adapter is lost in the rounding of its weights"
             : "more than the rounding of its weights explains");
}

// The files beside the weights: the model's, or the adapter's where a run has left what it changed of
// them.
void write_texts(const MergeOptions& o) {
  const auto folder_with = [&](const char* file) {
    std::error_code ignored;
    return fs::is_regular_file(fs::path(o.adapter) / file, ignored) ? o.adapter : o.model;
  };
  const std::string generation = folder_with("generation_config.json");
  const std::vector<int64_t> stop_tokens = load_stop_tokens(generation, load_model_config(o.model));
  write_companions(o.out, {.base_dir = o.model, .tokenizer_dir = folder_with("tokenizer.json")},
                   stop_tokens);
  write_generation_config(o.out, generation, {}, stop_tokens);
}

int run(Options& o) {
  if (o.device == "cuda" && gpu_count() == 0)
    fail(ErrorCode::kDevice, "--device cuda: ", why_no_gpu(), "; use cpu");
  if (!o.load_in_4bit.empty())
    o.merge.quantise = o.load_in_4bit == "nf4" ? QuantType::nf4 : QuantType::fp4;
  o.merge.shard_bytes = static_cast<int64_t>(o.shard_gigabytes * 1e9);
  merge_adapter(o.merge);
  write_texts(o.merge);
  std::printf("written  %s\n", printable(o.merge.out, 4096).c_str());
  compare_logits(o);
  std::printf("done     load it like any model: tools/bazel run //tools:generate -- --model %s\n",
              printable(o.merge.out, 4096).c_str());
  return 0;
}

int parse_and_run(int argc, char** argv) {
  Options o;
  CLI::App app{
      "Writes an adapter into the weights of its base model, as a Hugging Face model directory, "
      "then "
      "reads that and compares its logits with those of base and adapter."};
  app.add_option("--model", o.merge.model, "model directory of the base")->required();
  app.add_option("--adapter", o.merge.adapter, "PEFT adapter directory")->required();
  app.add_option("--out", o.merge.out, "folder to write")->required();
  app.add_option(
         "--load-in-4bit", o.load_in_4bit,
         "the adapter was trained over weights in 4 bits: merge it into what these stand for")
      ->check(CLI::IsMember({"nf4", "fp4"}));
  app.add_option("--shard-size", o.shard_gigabytes, "gigabytes of a file")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
  app.add_option("--device", o.device, "cpu or cuda, for the comparison")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--dtype", o.dtype, "of the comparison's weights and activations")
      ->check(CLI::IsMember({"float32", "bfloat16"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return finish_parsing(app, e);
  }
  return run(o);
}

}  // namespace
}  // namespace hone

int main(int argc, char** argv) { return hone::tool_main(argc, argv, hone::parse_and_run); }
