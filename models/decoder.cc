// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/decoder.h"

#include <algorithm>
#include <span>

#include "autograd/checkpoint.h"
#include "autograd/ops/arithmetic.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/replace_rows.h"
#include "kernels/elementwise/elementwise.h"

namespace hone {
namespace {

std::variant<nn::GatedDeltaNet, nn::Attention> make_mixer(nn::Builder& b, const std::string& path,
                                                          const ModelConfig& c, LayerType type) {
  if (type == LayerType::linear_attention)
    return nn::GatedDeltaNet(b, path + ".linear_attn",
                             {.hidden = c.hidden_size,
                              .heads = {.key_heads = c.delta_net.key_heads,
                                        .value_heads = c.delta_net.value_heads,
                                        .key_dim = c.delta_net.key_dim,
                                        .value_dim = c.delta_net.value_dim},
                              .conv_kernel = c.delta_net.conv_kernel,
                              .eps = c.norm_eps,
                              .init = c.initializer_range});
  return nn::Attention(b, path + ".self_attn",
                       {.hidden = c.hidden_size,
                        .heads = c.heads,
                        .kv_heads = c.kv_heads,
                        .head_dim = c.head_dim,
                        .scale = c.attention_scale,
                        .window = type == LayerType::sliding_attention ? c.sliding_window : 0,
                        .output_gate = c.attention_gate,
                        .bias = c.attention_bias,
                        .qk_norm = c.qk_norm,
                        .norm = c.norm,
                        .eps = c.norm_eps,
                        .init = c.initializer_range});
}

std::variant<nn::Mlp, nn::SparseMoe> make_mlp(nn::Builder& b, const std::string& path,
                                              const ModelConfig& c) {
  if (!c.is_moe())
    return nn::Mlp(b, path,
                   {.hidden = c.hidden_size,
                    .width = c.intermediate_size,
                    .kind = c.mlp,
                    .bias = c.mlp_bias,
                    .init = c.initializer_range});
  return nn::SparseMoe(b, path,
                       {.hidden = c.hidden_size,
                        .experts = c.moe.experts,
                        .experts_per_token = c.moe.experts_per_token,
                        .expert_width = c.moe.expert_width,
                        .shared_width = c.moe.shared_width,
                        .renormalise = c.moe.renormalise,
                        .init = c.initializer_range});
}

nn::Norm make_norm(nn::Builder& b, const std::string& path, const ModelConfig& c) {
  return nn::Norm(b, path, c.hidden_size, c.norm, c.norm_eps);
}

std::optional<nn::Norm> make_sandwich_norm(nn::Builder& b, const std::string& path,
                                           const ModelConfig& c) {
  return c.sandwich_norms ? std::optional(make_norm(b, path, c)) : std::nullopt;
}

Var normed(const std::optional<nn::Norm>& norm, const Var& x) { return norm ? (*norm)(x) : x; }

// As if it had been stored in the model's dtype, which in f32 it is.
double rounded(double value, DType dtype) {
  const Tensor scalar = Tensor::scalar(static_cast<float>(value));
  return kernels::cast(kernels::cast(scalar, dtype), DType::f32).item<float>();
}

}  // namespace

// post_attention_layernorm names the norm of the attention's output where there are sandwich norms,
// else that of the MLP's input.
DecoderLayer::DecoderLayer(nn::Builder& b, const std::string& path, const ModelConfig& c,
                           LayerType type)
    : input_norm_(make_norm(b, path + ".input_layernorm", c)),
      mixer_(make_mixer(b, path, c, type)),
      mixer_output_norm_(make_sandwich_norm(b, path + ".post_attention_layernorm", c)),
      mlp_norm_(make_norm(
          b, path + (c.sandwich_norms ? ".pre_feedforward_layernorm" : ".post_attention_layernorm"),
          c)),
      mlp_(make_mlp(b, path + ".mlp", c)),
      mlp_output_norm_(make_sandwich_norm(b, path + ".post_feedforward_layernorm", c)) {
  trains_ = std::any_of(b.parameters().begin(), b.parameters().end(), [&](const nn::Parameter& p) {
    return p.trainable && p.name.starts_with(path + ".");
  });
}

DecoderLayer::Output DecoderLayer::finish(const Var& mixed, const Var& x,
                                          const nn::ForwardContext& context,
                                          const Tensor& replay_ids) const {
  const auto [h, h_normed] = mlp_norm_.add(normed(mixer_output_norm_, mixed), x);
  if (const auto* mlp = std::get_if<nn::Mlp>(&mlp_))
    return {add(h, normed(mlp_output_norm_, (*mlp)(h_normed, context))), Var(), Tensor()};
  const nn::SparseMoe::Output moe = std::get<nn::SparseMoe>(mlp_)(h_normed, context, replay_ids);
  return {add(h, normed(mlp_output_norm_, moe.y)), moe.router_logits, moe.ids};
}

DecoderLayer::Output DecoderLayer::operator()(const Var& x, const nn::ForwardContext& context,
                                              const Tensor& replay_ids) const {
  const Var in = input_norm_(x);
  return finish(std::visit([&](const auto& m) { return m(in, context); }, mixer_), x, context,
                replay_ids);
}

LayerState DecoderLayer::make_state(int64_t slots, int64_t capacity, DType dtype) const {
  const Device device = input_norm_.device();
  if (const auto* delta_net = std::get_if<nn::GatedDeltaNet>(&mixer_))
    return delta_net->make_state(slots, dtype, device);
  return std::get<nn::Attention>(mixer_).make_state(slots, capacity, dtype, device);
}

Var DecoderLayer::extend(const Var& x, const nn::ForwardContext& context,
                         const nn::SequenceSlots& slots, const LayerState& state) const {
  const Var in = input_norm_(x);
  const auto* delta_net = std::get_if<nn::GatedDeltaNet>(&mixer_);
  const Var mixed = delta_net
                        ? delta_net->extend(in, context, slots, std::get<nn::DeltaNetState>(state))
                        : std::get<nn::Attention>(mixer_).extend(
                              in, context, slots, std::get<nn::AttentionState>(state));
  return finish(mixed, x, context, Tensor()).x;
}

Decoder::Decoder(nn::Builder& b, const ModelConfig& c)
    : embedding_(b.parameter("model.embed_tokens.weight", {c.vocab_size, c.hidden_size},
                             nn::Init::normal(c.initializer_range))),
      embedding_scale_(c.embedding_scale == 1 ? 1 : rounded(c.embedding_scale, b.options().dtype)) {
  for (int64_t i = 0; i < c.num_layers(); ++i)
    layers_.emplace_back(b, "model.layers." + std::to_string(i), c,
                         c.layers[static_cast<size_t>(i)]);
  norm_ = make_norm(b, "model.norm", c);
}

Var Decoder::embed(const Tensor& ids) const {
  const Var x = hone::embedding(ids, embedding_);
  return embedding_scale_ == 1 ? x : scale(x, embedding_scale_);
}

DecoderOutput Decoder::operator()(const Tensor& ids, const nn::ForwardContext& context,
                                  bool recompute, const Images& images) const {
  DecoderOutput out;
  Var x = embed(ids);
  if (images.features.defined()) x = replace_rows(x, images.rows, images.features);
  for (const DecoderLayer& layer : layers_) {
    const size_t moe_index = out.router_logits.size();
    const Tensor replay =
        moe_index < context.replay_ids.size() ? context.replay_ids[moe_index] : Tensor();
    DecoderLayer::Output y;
    if (recompute) {
      const BlockFn run = [&layer, context, replay](std::span<const Var> in) {
        const DecoderLayer::Output o = layer(in[0], context, replay);
        std::vector<Var> vars{o.x};
        if (layer.is_moe()) vars.insert(vars.end(), {o.router_logits, Var(o.router_ids)});
        return vars;
      };
      const std::vector<Var> vars =
          checkpoint("layer", run, std::span<const Var>(&x, 1), layer.trains());
      y.x = vars[0];
      if (layer.is_moe()) {
        y.router_logits = vars[1];
        y.router_ids = vars[2].value();
      }
    } else {
      y = layer(x, context, replay);
    }
    x = y.x;
    if (layer.is_moe()) {
      out.router_logits.push_back(y.router_logits);
      out.router_ids.push_back(y.router_ids);
    }
  }
  out.hidden = (*norm_)(x);
  return out;
}

DecoderState Decoder::make_state(int64_t slots, int64_t capacity) const {
  DecoderState state{slots, capacity, {}};
  for (const DecoderLayer& layer : layers_)
    state.layers.push_back(layer.make_state(slots, capacity, embedding_.dtype()));
  return state;
}

Tensor Decoder::extend(const Tensor& ids, const nn::ForwardContext& context,
                       const nn::SequenceSlots& slots, const DecoderState& state) const {
  check(state.layers.size() == layers_.size(), "decoder: a state of ", state.layers.size(),
        " layers for ", layers_.size());
  Var x = embed(ids);
  for (size_t i = 0; i < layers_.size(); ++i)
    x = layers_[i].extend(x, context, slots, state.layers[i]);
  return (*norm_)(x).value();
}

}  // namespace hone
