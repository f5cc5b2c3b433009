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

// Published config.json of other families, without what does not concern the model itself.
struct PublishedConfig {
  const char* name;
  const char* json;
};

constexpr std::array kPublished = {
    PublishedConfig{"Qwen3-30B-A3B", R"({
      "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "vocab_size": 151936,
      "hidden_size": 2048, "num_hidden_layers": 48, "num_attention_heads": 32,
      "num_key_value_heads": 4, "head_dim": 128, "max_position_embeddings": 40960,
      "rope_theta": 1000000.0, "num_experts": 128, "num_experts_per_tok": 8,
      "moe_intermediate_size": 768, "norm_topk_prob": true, "router_aux_loss_coef": 0.001,
      "eos_token_id": 151645})"},
    PublishedConfig{"OLMoE-1B-7B", R"({
      "architectures": ["OlmoeForCausalLM"], "model_type": "olmoe", "vocab_size": 50304,
      "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 16,
      "num_key_value_heads": 16, "max_position_embeddings": 4096, "rope_theta": 10000.0,
      "rms_norm_eps": 1e-5, "num_experts": 64, "num_experts_per_tok": 8,
      "intermediate_size": 1024, "norm_topk_prob": false, "router_aux_loss_coef": 0.01,
      "eos_token_id": 50279})"},
    PublishedConfig{"Mixtral-8x7B", R"({
      "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "vocab_size": 32000,
      "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
      "num_key_value_heads": 8, "max_position_embeddings": 32768, "rope_theta": 1000000.0,
      "rms_norm_eps": 1e-5, "num_local_experts": 8, "num_experts_per_tok": 2,
      "intermediate_size": 14336, "router_aux_loss_coef": 0.02, "eos_token_id": 2})"},
    PublishedConfig{"Qwen3-0.6B", R"({
      "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 151936,
      "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16,
      "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 40960,
      "rope_theta": 1000000.0, "intermediate_size": 3072, "tie_word_embeddings": true,
      "eos_token_id": 151645})"},
    PublishedConfig{"Llama-3.2-1B", R"({
      "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 128256,
      "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32,
      "num_key_value_heads": 8, "head_dim": 64, "max_position_embeddings": 131072,
      "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 32.0,
      "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192},
      "rms_norm_eps": 1e-5, "intermediate_size": 8192, "tie_word_embeddings": true,
      "eos_token_id": 128001})"},
    PublishedConfig{"gemma-3-270m", R"({
      "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "vocab_size": 262144,
      "hidden_size": 640, "num_hidden_layers": 18, "num_attention_heads": 4,
      "num_key_value_heads": 1, "head_dim": 256, "max_position_embeddings": 32768,
      "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "intermediate_size": 2048,
      "query_pre_attn_scalar": 256, "sliding_window": 512, "eos_token_id": 1})"},
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
  if (name.find('/') != std::string::npos) return load_model_config(name);
  if (name == "quickstart") return quickstart();
  for (const Preset& p : kQwen3_5)
    if (name == p.name) return qwen3_5(p);
  for (const PublishedConfig& p : kPublished)
    if (name == p.name) return parse_model_config(parse_json(p.json, {"preset " + name}));
  std::string all;
  for (const std::string& n : preset_names()) all += (all.empty() ? "" : ", ") + n;
  fail(ErrorCode::kUsage, "base_model: there is no preset \"", name, "\"; known: ", all,
       "; or a folder with a config.json, written with a '/'");
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names{"quickstart"};
  for (const Preset& p : kQwen3_5) names.push_back(p.name);
  for (const PublishedConfig& p : kPublished) names.push_back(p.name);
  return names;
}

}  // namespace hone
