// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The decoder: embedding, the residual stream through the layers that the config lists, final norm.
// Every text family is this walk over ModelConfig::layers.
//
//   x0 = embedding_scale * embedding[ids]
//   h  = x + mixer(norm(x))           mixer: GatedDeltaNet or Attention
//   x' = h + mlp(norm(h))             mlp: Mlp or SparseMoe
//   With sandwich norms, mixer and mlp are followed by a norm of their own.
//                                                 source: Ding et al. 2021, arXiv:2105.13290
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "models/config.h"
#include "models/decoder_state.h"
#include "nn/attention.h"
#include "nn/gated_delta_net.h"
#include "nn/mlp.h"
#include "nn/norm.h"
#include "nn/sparse_moe.h"

namespace hone {

// What a decoder gives: hidden states after the final norm, and the routers' part of the loss.
struct DecoderOutput {
  Var hidden;                      // [N, C]
  std::vector<Var> router_logits;  // per MoE layer [N, E]
  std::vector<Tensor> router_ids;  // per MoE layer [N, K] i32
};

class DecoderLayer {
 public:
  DecoderLayer(nn::Builder& b, const std::string& path, const ModelConfig& config, LayerType type);

  struct Output {
    Var x;              // [N, C]
    Var router_logits;  // undefined for a dense MLP
    Tensor router_ids;
  };
  Output operator()(const Var& x, const nn::ForwardContext& context,
                    const Tensor& replay_ids) const;
  // The next tokens of stored sequences; see nn/sequence_slots.h.
  LayerState make_state(int64_t slots, int64_t capacity, DType dtype) const;
  Var extend(const Var& x, const nn::ForwardContext& context, const nn::SequenceSlots& slots,
             const LayerState& state) const;
  bool is_moe() const { return std::holds_alternative<nn::SparseMoe>(mlp_); }
  // Some parameter of this layer trains.
  bool trains() const { return trains_; }

 private:
  // From the mixer's output on.
  Output finish(const Var& mixed, const Var& x, const nn::ForwardContext& context,
                const Tensor& replay_ids) const;

  nn::Norm input_norm_;
  std::variant<nn::GatedDeltaNet, nn::Attention> mixer_;
  std::optional<nn::Norm> mixer_output_norm_;  // sandwich
  nn::Norm mlp_norm_;
  std::variant<nn::Mlp, nn::SparseMoe> mlp_;
  std::optional<nn::Norm> mlp_output_norm_;  // sandwich
  bool trains_ = false;
};

class Decoder {
 public:
  // Parameters: model.embed_tokens.weight [V, C], model.layers.<i>.*, model.norm.*.
  Decoder(nn::Builder& b, const ModelConfig& config);

  // ids [N] i64. recompute: keep only each layer's input and run the layer again in backward. images:
  // features that take rows of the embeddings.
  struct Images {
    Var features;  // [M, C]
    Tensor rows;   // [M] i64
  };
  DecoderOutput operator()(const Tensor& ids, const nn::ForwardContext& context, bool recompute,
                           const Images& images = {}) const;
  // Empty states of the embedding's dtype and device.
  DecoderState make_state(int64_t slots, int64_t capacity) const;
  // The next tokens of stored sequences, without gradients: hidden states [N, C] after the final
  // norm. context: rotary tables of their positions in the sequences.
  Tensor extend(const Tensor& ids, const nn::ForwardContext& context,
                const nn::SequenceSlots& slots, const DecoderState& state) const;
  const Var& embedding() const { return embedding_; }

 private:
  Var embed(const Tensor& ids) const;

  Var embedding_;
  double embedding_scale_;
  std::vector<DecoderLayer> layers_;
  std::optional<nn::Norm> norm_;
};

}  // namespace hone
