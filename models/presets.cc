// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/presets.h"

#include <array>

#include "models/qwen3_5.h"

namespace hone {
namespace {

// One row per preset; what all published Qwen3.5 models share is filled in below.
struct Preset {
  const char* name;
  int64_t hidden, layers, heads, kv_heads, width, value_heads;
  bool tied;
  int64_t experts, experts_per_token, expert_width, shared_width;
};

constexpr std::array kQwen3_5 = {
    Preset{"Qwen3.5-0.8B", 1024, 24, 8, 2, 3584, 16, true, 0, 0, 0, 0},
    Preset{"Qwen3.5-2B", 2048, 24, 8, 2, 6144, 16, true, 0, 0, 0, 0},
    Preset{"Qwen3.5-4B", 2560, 32, 16, 4, 9216, 32, true, 0, 0, 0, 0},
    Preset{"Qwen3.5-9B", 4096, 32, 16, 4, 12288, 32, false, 0, 0, 0, 0},
    Preset{"Qwen3.5-27B", 5120, 64, 24, 4, 17408, 48, false, 0, 0, 0, 0},
    Preset{"Qwen3.5-35B-A3B", 2048, 40, 16, 2, 0, 32, false, 256, 8, 512, 512},
    Preset{"Qwen3.5-122B-A10B", 3072, 48, 32, 2, 0, 64, false, 256, 8, 1024, 1024},
    Preset{"Qwen3.5-397B-A17B", 4096, 60, 32, 2, 0, 64, false, 512, 10, 1024, 1024},
};

void set_layers(ModelConfig& c, int64_t layers) {
  for (int64_t i = 0; i < layers; ++i)
    c.layers.push_back(i % 4 == 3 ? LayerType::full_attention : LayerType::linear_attention);
}

void set_experts(ModelConfig& c, int64_t experts, int64_t per_token, int64_t width,
                 int64_t shared) {
  c.architecture = experts ? "Qwen3_5MoeForCausalLM" : "Qwen3_5ForCausalLM";
  c.model_type = experts ? "qwen3_5_moe_text" : "qwen3_5_text";
  c.moe.experts = experts;
  c.moe.experts_per_token = per_token;
  c.moe.expert_width = width;
  c.moe.shared_width = shared;
  c.moe.aux_loss_coef = 0.001;
}

ModelConfig qwen3_5(const Preset& p) {
  ModelConfig c;
  set_qwen3_5_blocks(c);
  c.vocab_size = 248320;
  c.hidden_size = p.hidden;
  c.intermediate_size = p.width;
  c.heads = p.heads;
  c.kv_heads = p.kv_heads;
  c.head_dim = 256;
  c.max_positions = 262144;
  c.tie_word_embeddings = p.tied;
  c.rotary = {.theta = 1e7, .dims = 64, .mrope_section = {11, 11, 10}};
  c.delta_net = {.key_heads = 16,
                 .value_heads = p.value_heads,
                 .key_dim = 128,
                 .value_dim = 128,
                 .conv_kernel = 4};
  c.eos_token_ids = {248044};
  set_layers(c, p.layers);
  set_experts(c, p.experts, p.experts_per_token, p.expert_width, p.shared_width);
  return c;
}

// Small enough to train on a laptop's processor in a minute, with every part of the large MoE
// models: 3 delta-net layers + 1 attention layer, 8 experts of which 2 are used, a shared expert.
ModelConfig quickstart() {
  ModelConfig c;
  set_qwen3_5_blocks(c);
  c.vocab_size = 1024;
  c.hidden_size = 128;
  c.heads = 4;
  c.kv_heads = 2;
  c.head_dim = 32;
  c.max_positions = 4096;
  c.tie_word_embeddings = true;
  c.rotary = {.theta = 1e7, .dims = 8, .mrope_section = {2, 1, 1}};
  c.delta_net = {
      .key_heads = 2, .value_heads = 4, .key_dim = 32, .value_dim = 32, .conv_kernel = 4};
  c.initializer_range = 0.05;
  set_layers(c, 4);
  set_experts(c, 8, 2, 64, 64);
  return c;
}

}  // namespace

ModelConfig preset_config(const std::string& name) {
  if (name == "quickstart") return quickstart();
  for (const Preset& p : kQwen3_5)
    if (name == p.name) return qwen3_5(p);
  std::string all;
  for (const std::string& n : preset_names()) all += (all.empty() ? "" : ", ") + n;
  fail(ErrorCode::kUsage, "base_model: there is no preset \"", name, "\"; known: ", all);
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names{"quickstart"};
  for (const Preset& p : kQwen3_5) names.push_back(p.name);
  return names;
}

}  // namespace hone
