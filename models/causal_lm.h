// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A decoder with its head and loss: of the next token, or of labels (models/label_head.h); perhaps with a
// vision tower before it.
#pragma once

#include <memory>
#include <optional>

#include "autograd/ops/weight.h"
#include "models/batch.h"
#include "models/decoder.h"
#include "models/label_head.h"
#include "models/vision_tower.h"
#include "nn/builder.h"

namespace hone {

class CausalLm {
 public:
  // Parameters: the decoder's and, unless it is tied to the embedding, lm_head.weight [V, C], or those of
  // a head of labels; with config.vision the tower's.
  CausalLm(nn::Builder& b, const ModelConfig& config);

  const ModelConfig& config() const { return config_; }
  // Where the weights are.
  Device device() const { return decoder_.embedding().device(); }

  // Positions, document boundaries and rotary tables of a batch.
  nn::ForwardContext context(const Batch& batch) const;
  // Requires: a vision tower if the batch has images.
  DecoderOutput forward(const Batch& batch, const nn::ForwardContext& context,
                        bool recompute) const;
  // What takes the places of the batch's image tokens [M, C].
  Var image_features(const Batch& batch, const nn::ForwardContext& context, bool recompute) const;

  // The next tokens of stored sequences, without gradients (models/decode_session.h).
  DecoderState make_state(int64_t slots, int64_t capacity) const {
    return decoder_.make_state(slots, capacity);
  }
  // ids [N] i64 at positions [N] i32 of their sequences -> hidden states [N, C].
  Tensor extend(const Tensor& ids, const Tensor& positions, const nn::SequenceSlots& slots,
                const DecoderState& state) const;

  // sum of the rows' cross entropies / num_items: a scalar f32. num_items: f32 scalar, the labels
  // of the whole accumulated batch. The logits of all rows never exist at once. With a head of
  // labels as LabelHead::loss.
  Var loss(const DecoderOutput& out, const Batch& batch, const Tensor& num_items) const;
  // The balancing loss over all MoE layers, without its coefficient. counted [2] i32: the first row
  // that counts and the one after the last; undefined: all rows count.
  Var aux_loss(const DecoderOutput& out, const Tensor& counted) const;
  // [rows, V] in the model dtype, for evaluation and generation. Requires: no head of labels.
  Tensor logits(const Tensor& hidden) const;
  // What the head says of each row: logits, or labels [rows, labels]. Without gradients.
  Tensor answers(const Tensor& hidden) const;
  // The head of labels, or null.
  const LabelHead* label_head() const { return label_head_ ? &*label_head_ : nullptr; }

 private:
  void set_rotary(const Tensor& positions, nn::ForwardContext& context) const;

  ModelConfig config_;
  DType dtype_;
  Decoder decoder_;
  std::optional<Weight> head_;  // one of the two
  std::optional<LabelHead> label_head_;
  std::optional<VisionTower> vision_;
};

}  // namespace hone
