// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/qwen3.h"

#include <nlohmann/json.hpp>

#include "models/config_fields.h"

namespace hone {
namespace {

constexpr ConfigDefaults kDense{.max_positions = 32768, .head_dim = 128};
constexpr ConfigDefaults kMoe{.max_positions = 32768};

// Everything but the MLP. slides(i): whether layer i has the window, if the model uses one.
void read_blocks(const JsonValue& json, const ConfigDefaults& defaults,
                 const std::function<bool(int64_t)>& slides, ModelConfig& config) {
  read_common(json, defaults, config);
  config.qk_norm = nn::QkNorm::per_head;
  config.rotary = read_rotary(json, config, /*default_theta=*/10000);
  if (json.get_bool_or("use_sliding_window", false))
    config.sliding_window = json.get_int_or("sliding_window", 4096, {1, 1 << 30});
  const auto type_of = [&](int64_t i) {
    return config.sliding_window > 0 && slides(i) ? LayerType::sliding_attention
                                                  : LayerType::full_attention;
  };
  if (config.sliding_window > 0)
    read_layer_types(json, {LayerType::full_attention, LayerType::sliding_attention}, type_of,
                     config);
  else
    read_layer_types(json, {LayerType::full_attention}, type_of, config);
}

void write_blocks(const ModelConfig& c, const ConfigDefaults& defaults, Json& j) {
  write_common(c, defaults, j);
  j["rope_parameters"] = rope_parameters_json(c.rotary, c.head_dim);
  j["use_sliding_window"] = c.sliding_window > 0;
  if (c.sliding_window > 0) j["sliding_window"] = c.sliding_window;
  j["layer_types"] = layer_types_json(c);
}

}  // namespace

void read_qwen3(const JsonValue& json, ModelConfig& config) {
  const int64_t full_layers = json.get_int_or("max_window_layers", 28, {0, 4096});
  read_blocks(
      json, kDense, [=](int64_t i) { return i >= full_layers; }, config);
  config.intermediate_size = json.get_int("intermediate_size", kSizeRange);
}

void write_qwen3(const ModelConfig& c, Json& j) {
  write_blocks(c, kDense, j);
  j["intermediate_size"] = c.intermediate_size;
}

void read_qwen3_moe(const JsonValue& json, ModelConfig& config) {
  read_blocks(
      json, kMoe, [](int64_t) { return true; }, config);
  read_experts(json, json.find("num_experts") ? "num_experts" : "num_local_experts",
               "moe_intermediate_size", /*default_aux_coef=*/0.001, config);
  config.moe.renormalise = json.get_bool_or("norm_topk_prob", false);
  config.moe.stored_split = true;
  if (const auto dense = json.find("mlp_only_layers"); dense && dense->size() > 0)
    dense->reject("[]: no layers with a dense MLP, which no published Qwen3 mixture has");
  if (json.get_int_or("decoder_sparse_step", 1) != 1)
    json.at("decoder_sparse_step").reject("1: experts in every layer");
}

void write_qwen3_moe(const ModelConfig& c, Json& j) {
  write_blocks(c, kMoe, j);
  write_experts(c, "num_experts", "moe_intermediate_size", j);
  j["norm_topk_prob"] = c.moe.renormalise;
  j["decoder_sparse_step"] = 1;
  j["mlp_only_layers"] = Json::array();
}

}  // namespace hone
