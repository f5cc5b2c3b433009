// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/train_case.h"

#include "kernels/attention/attention.h"
#include "kernels/delta_rule/delta_rule.h"
#include "kernels/linear_cross_entropy/linear_cross_entropy.h"
#include "models/presets.h"
#include "tensor/random.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {
namespace {

const char* const kEmbedding = "model.embed_tokens.weight";

ModelConfig wide() {
  ModelConfig c = bench_models(kCpu).back();
  c.vocab_size = 32000;
  c.moe.shared_width = c.moe.expert_width;
  const std::vector<LayerType> four = c.layers;
  c.layers.insert(c.layers.end(), four.begin(), four.end());
  return c;
}

std::vector<std::string> expert_stacks(const ModelConfig& config) {
  if (config.moe.experts == 0) return {};
  return {"experts.gate_up_proj", "experts.down_proj"};
}

const nn::Parameter& embedding_of(const LoadedModel& loaded) {
  for (const nn::Parameter& p : loaded.parameters)
    if (p.name == kEmbedding) return p;
  fail(ErrorCode::kInternal, "bench_train: there is no ", kEmbedding);
}

// Forward, the input's gradient unless nothing before wants it, the weight's gradient if it trains.
double product_flops(const TrainModel& model, const nn::Parameter& p, bool embedding_trains) {
  const bool experts = p.shape.rank() == 3;
  const bool first = p.name.starts_with("model.layers.0.linear_attn.in_proj");
  const double rows = static_cast<double>(model.documents * model.tokens) *
                      (experts ? static_cast<double>(model.config.moe.experts_per_token) /
                                     static_cast<double>(model.config.moe.experts)
                               : 1);
  const int products = 1 + (!first || embedding_trains ? 1 : 0) + (p.trainable ? 1 : 0);
  return 2 * products * rows * static_cast<double>(p.shape.numel());
}

double mixer_flops(const TrainModel& model) {
  const ModelConfig& c = model.config;
  const int64_t n = model.documents * model.tokens;
  const int64_t pairs = model.documents * model.tokens * (model.tokens + 1) / 2;
  const DeltaHeads heads{c.delta_net.key_heads, c.delta_net.value_heads, c.delta_net.key_dim,
                         c.delta_net.value_dim};
  double flops = 0;
  for (const LayerType layer : c.layers)
    flops +=
        layer != LayerType::linear_attention
            ? attention_forward_cost(n, pairs, c.heads, c.kv_heads, c.head_dim, DType::f32).flops +
                  attention_backward_cost(n, pairs, c.heads, c.kv_heads, c.head_dim, DType::f32)
                      .flops
            : gated_delta_rule_forward_cost(n, heads, DType::f32, DeltaForm::chunked).flops +
                  gated_delta_rule_backward_cost(n, heads, DType::f32, DeltaForm::chunked).flops;
  return flops;
}

}  // namespace

std::vector<TrainModel> train_models(Device device) {
  if (device.type != DeviceType::cuda) {
    const std::vector<TrainMode> all{TrainMode::full, TrainMode::lora, TrainMode::qlora};
    return {{"quickstart", bench_models(kCpu).front(), 4, 256, all}, {"wide", wide(), 4, 512, all}};
  }
  const auto published = [&](const char* name, TrainMode mode, bool recompute) {
    return TrainModel{name, preset_config(name), 8, 2048, {mode}, device, DType::bf16, recompute};
  };
  return {published("Qwen3.5-0.8B", TrainMode::lora, false),
          published("Qwen3.5-9B", TrainMode::qlora, false),
          published("Qwen3.5-35B-A3B", TrainMode::qlora, true)};
}

const char* name_of(TrainMode mode) {
  return mode == TrainMode::full ? "full" : mode == TrainMode::lora ? "lora" : "qlora";
}

LoadOptions load_options(const TrainModel& model, TrainMode mode) {
  LoadOptions options;
  options.model = "random:quickstart";
  options.config = model.config;
  options.device = model.device;
  options.dtype = model.dtype;
  options.train_base = mode == TrainMode::full;
  if (mode != TrainMode::full)
    options.lora = LoraConfig{
        .r = 16, .alpha = 32, .all_linear = true, .target_parameters = expert_stacks(model.config)};
  if (mode == TrainMode::qlora) options.quantise = QuantType::nf4;
  return options;
}

std::vector<int64_t> train_ids(const TrainModel& model) {
  const RandomStream random(0, "bench_train");
  std::vector<int64_t> ids(static_cast<size_t>(model.documents * model.tokens));
  for (size_t i = 0; i < ids.size(); ++i)
    ids[i] = static_cast<int64_t>(random.bits(i) % static_cast<uint64_t>(model.config.vocab_size));
  return ids;
}

Batch train_batch(const TrainModel& model) {
  std::vector<int32_t> ends{0};
  for (int64_t d = 1; d <= model.documents; ++d)
    ends.push_back(static_cast<int32_t>(d * model.tokens));
  const std::vector<int64_t> ids = train_ids(model);
  return make_batch(ids, ids, ends).to(model.device);
}

double step_flops(const TrainModel& model, const LoadedModel& loaded) {
  const bool embedding_trains = embedding_of(loaded).trainable;
  const int64_t labels = model.documents * (model.tokens - 1);
  double flops = mixer_flops(model) + linear_cross_entropy_cost(labels, model.config.hidden_size,
                                                                model.config.vocab_size, DType::f32,
                                                                true, embedding_trains)
                                          .flops;
  for (const nn::Parameter& p : loaded.parameters)
    if (p.shape.rank() >= 2 && p.name != kEmbedding && !p.name.ends_with("conv1d.weight"))
      flops += product_flops(model, p, embedding_trains);
  return flops;
}

}  // namespace hone::kernels::bench
