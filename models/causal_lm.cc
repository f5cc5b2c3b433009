// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/causal_lm.h"

#include "autograd/ops/linear_cross_entropy.h"
#include "autograd/ops/load_balancing_loss.h"
#include "autograd/tape.h"
#include "kernels/gemm/gemm.h"
#include "kernels/rope/rope.h"

namespace hone {

CausalLm::CausalLm(nn::Builder& b, const ModelConfig& config)
    : config_(config), dtype_(b.options().dtype), decoder_(b, config) {
  if (config.head.has_labels())
    label_head_.emplace(b, config);
  else if (config.tie_word_embeddings)
    head_.emplace(decoder_.embedding());
  else
    head_.emplace(b.parameter("lm_head.weight", {config.vocab_size, config.hidden_size},
                              nn::Init::normal(config.initializer_range)));
  if (config.vision) vision_.emplace(b, *config.vision);
}

void CausalLm::set_rotary(const Tensor& positions, nn::ForwardContext& context) const {
  const auto table = [&](const RotaryConfig& rotary) {
    return kernels::rotary_table(positions, inverse_frequencies(rotary), rotary.mrope_section,
                                 dtype_);
  };
  context.rotary = table(config_.rotary);
  if (config_.sliding_rotary) context.sliding_rotary = table(*config_.sliding_rotary);
}

nn::ForwardContext CausalLm::context(const Batch& batch) const {
  nn::ForwardContext c;
  c.cu_seqlens = batch.cu_seqlens;
  set_rotary(batch.positions, c);
  return c;
}

DecoderOutput CausalLm::forward(const Batch& batch, const nn::ForwardContext& context,
                                bool recompute) const {
  DecoderOutput out = batch.vision.defined()
                          ? decoder_(batch.ids, context, recompute,
                                     {image_features(batch, context, recompute), batch.vision.rows})
                          : decoder_(batch.ids, context, recompute);
  if (label_head_) out.hidden = label_head_->input(out.hidden, context);
  return out;
}

Var CausalLm::image_features(const Batch& batch, const nn::ForwardContext& context,
                             bool recompute) const {
  check(vision_.has_value(), "causal_lm: images for a model without its vision tower");
  return (*vision_)(batch.vision, context, recompute);
}

Tensor CausalLm::extend(const Tensor& ids, const Tensor& positions, const nn::SequenceSlots& slots,
                        const DecoderState& state) const {
  nn::ForwardContext c;
  c.cu_seqlens = slots.sequences.cu_seqlens;
  set_rotary(positions, c);
  c.decoding = true;
  return decoder_.extend(ids, c, slots, state);
}

Var CausalLm::loss(const DecoderOutput& out, const Batch& batch, const Tensor& num_items) const {
  if (label_head_) return label_head_->loss(out.hidden, batch, num_items);
  return linear_cross_entropy(out.hidden, *head_, batch.targets, num_items);
}

Var CausalLm::aux_loss(const DecoderOutput& out, const Tensor& counted) const {
  return load_balancing_loss(out.router_logits, out.router_ids, counted);
}

Tensor CausalLm::answers(const Tensor& hidden) const {
  const NoGrad no_grad;
  return label_head_ ? label_head_->labels(Var(hidden)).value() : logits(hidden);
}

Tensor CausalLm::logits(const Tensor& hidden) const {
  check(head_.has_value(), "causal_lm: logits of a head of labels");
  return kernels::matmul(hidden, kernels::Transpose::no, head_->materialize(hidden.dtype()),
                         kernels::Transpose::yes);
}

}  // namespace hone
