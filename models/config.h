// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// ModelConfig: an architecture as data. A family (models/qwen3_5.cc, ...) fills it from
// config.json; the decoder (models/decoder.h) reads nothing else.
//
// Lengths are in elements of the dimension alphabet of README.md: C hidden, H query heads, Hk key
// and value heads, D head dimension, E experts, K experts per token, F expert width, V vocabulary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/json.h"
#include "models/vision_config.h"
#include "nn/block_kinds.h"

namespace hone {

enum class LayerType {
  linear_attention,   // Gated DeltaNet
  full_attention,     // softmax attention over all tokens before
  sliding_attention,  // over the last ModelConfig::sliding_window of them
};
// The name in config.json's layer_types.
std::string_view name_of(LayerType type);

// How frequencies are stretched for sequences longer than those of pretraining.
struct RopeScaling {
  enum class Kind {
    none,
    linear,  // all divided by factor
    llama3,  // by wavelength: long ones divided by factor, short ones as they are, a blend between
  };
  Kind kind = Kind::none;
  double factor = 1;
  double low_frequency_factor = 1;   // llama3: long is above original_positions / this
  double high_frequency_factor = 4;  // short is below original_positions / this
  int64_t original_positions = 0;
};

struct RotaryConfig {
  double theta = 10000;
  int64_t dims = 0;                         // the first `dims` of each head are rotated
  std::vector<int64_t> mrope_section = {};  // pairs per axis (time, height, width); empty: one axis
  RopeScaling scaling = {};
};

struct DeltaNetConfig {
  int64_t key_heads = 0;
  int64_t value_heads = 0;
  int64_t key_dim = 0;    // of one head
  int64_t value_dim = 0;  // of one head
  int64_t conv_kernel = 0;
};

// How checkpoints name an expert's matrices: <layer>.<block>.experts.<e>.<gate, up or down>.weight,
// and the router <layer>.<block>.gate.weight.
struct ExpertNames {
  std::string block = "mlp";
  std::string gate = "gate_proj";
  std::string up = "up_proj";
  std::string down = "down_proj";
};

struct MoeConfig {
  int64_t experts = 0;  // E; 0: a dense MLP
  int64_t experts_per_token = 0;
  int64_t expert_width = 0;
  int64_t shared_width = 0;
  bool renormalise = true;  // the K chosen probabilities are divided by their sum
  bool aux_loss = false;    // output_router_logits: add aux_loss_coef times the balancing loss
  double aux_loss_coef = 0;
  ExpertNames names = {};
  bool stored_split = false;  // a checkpoint has each expert's matrices, not the fused stacks
};

// Of a token head's hidden states, where config.json does not say (transformers).
inline constexpr double kTokenLabelDropout = 0.1;

struct HeadConfig {
  nn::HeadKind kind = nn::HeadKind::next_token;
  int64_t labels = 0;         // rows of score.weight; 0: as many as the checkpoint has
  int64_t pad_token_id = -1;  // a sequence's last token is the last that is not this; -1: the last
  double dropout = 0;         // of the hidden states, with token_labels
  double centre = 0;          // of a reward model's loss: kernels/bradley_terry

  bool has_labels() const { return kind != nn::HeadKind::next_token; }
};

struct ModelConfig {
  std::string architecture;  // "Qwen3_5MoeForCausalLM"
  std::string model_type;    // "qwen3_5_moe_text"
  // Between "model." and "layers" in the checkpoint and in adapter files: "" or "language_model.".
  std::string name_infix;
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;  // dense MLP
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int64_t max_positions = 0;
  double norm_eps = 1e-6;
  double initializer_range = 0.02;
  bool tie_word_embeddings = false;
  double embedding_scale = 1;  // embeddings enter the residual stream times this
  nn::NormKind norm = nn::NormKind::rms;
  bool sandwich_norms = false;  // of each block's output as well as of its input
  nn::MlpKind mlp = nn::MlpKind::swiglu;
  bool mlp_bias = false;
  bool attention_bias = false;
  bool attention_gate = false;
  nn::QkNorm qk_norm = nn::QkNorm::none;
  double attention_scale = 0;  // of the scores; 0: 1 / sqrt(head_dim)
  int64_t sliding_window = 0;  // tokens that sliding_attention layers see, the own one included
  RotaryConfig rotary;
  std::optional<RotaryConfig> sliding_rotary;  // of sliding_attention layers; else the same
  DeltaNetConfig delta_net;
  MoeConfig moe;
  std::vector<LayerType> layers;
  std::optional<VisionConfig> vision;  // of a vision-language model; unset: text only
  std::vector<int64_t> eos_token_ids;
  HeadConfig head;

  int64_t num_layers() const { return static_cast<int64_t>(layers.size()); }
  bool is_moe() const { return moe.experts > 0; }
};

// Reads config.json of a model directory (or the file itself).
// Errors: kModel naming the file, the key, what was expected; an unknown architecture lists the
// supported ones.
ModelConfig load_model_config(const std::string& path);
ModelConfig parse_model_config(const JsonValue& json);

// Back to config.json's form, for a model that has none (a preset).
std::string to_config_json(const ModelConfig& config, const std::string& dtype);

// RoPE frequencies theta^(-2 j / dims), j < dims / 2, scaled, computed in f32 as the checkpoints'
// authors do.                            source: Su et al. 2021, arXiv:2104.09864; Chen et al. 2023,
//                                        arXiv:2306.15595 (linear); Llama 3.1 (modeling; llama3)
std::vector<double> inverse_frequencies(const RotaryConfig& rotary);

}  // namespace hone
