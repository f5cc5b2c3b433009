// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Small random models with every part of the large ones.
#pragma once

#include <functional>
#include <string>

#include "models/load_model.h"
#include "models/qwen3_5.h"
#include "nn/init.h"

namespace hone::test {

// Three layers (delta net, attention, delta net), grouped heads, sizes that are not powers of two.
inline ModelConfig tiny_config(bool moe) {
  ModelConfig c;
  set_qwen3_5_blocks(c);
  c.architecture = moe ? "Qwen3_5MoeForCausalLM" : "Qwen3_5ForCausalLM";
  c.model_type = moe ? "qwen3_5_moe_text" : "qwen3_5_text";
  c.vocab_size = 37;
  c.hidden_size = 12;
  c.intermediate_size = 20;
  c.heads = 4;
  c.kv_heads = 2;
  c.head_dim = 8;
  c.max_positions = 1024;
  c.rotary = {.theta = 1e4, .dims = 4, .mrope_section = {1, 1, 0}};
  c.delta_net = {.key_heads = 2, .value_heads = 4, .key_dim = 6, .value_dim = 5, .conv_kernel = 4};
  c.initializer_range = 0.3;
  c.layers = {LayerType::linear_attention, LayerType::full_attention, LayerType::linear_attention};
  if (moe) c.moe = {.experts = 5, .experts_per_token = 2, .expert_width = 7, .shared_width = 9};
  c.moe.aux_loss_coef = 0.01;
  return c;
}

// Replaces a fresh parameter; an undefined tensor declines.
using Override = std::function<Tensor(const nn::WeightRequest&)>;

// A model with random weights, trainable as the options say.
inline LoadedModel build(const ModelConfig& config, const nn::BuildOptions& options,
                         const Override& override = nullptr) {
  LoadedModel m;
  m.config = config;
  nn::Builder meta = nn::Builder::meta(options);
  m.model = std::make_unique<CausalLm>(meta, config);
  m.arena = std::make_unique<nn::ParameterArena>(meta.parameters(), options.dtype, kCpu, true);
  const nn::ReadWeight read = [&](const nn::WeightRequest& r) {
    const Tensor special = override ? override(r) : Tensor();
    return special.defined() ? special : nn::initial_value(r.shape, r.init, 7, r.name);
  };
  nn::Builder builder(options, read, read, m.arena.get());
  m.model = std::make_unique<CausalLm>(builder, config);
  m.parameters = builder.parameters();
  return m;
}

}  // namespace hone::test
