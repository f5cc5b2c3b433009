// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/gated_attention.h"

#include <cmath>

#include "autograd/ops/attention.h"
#include "autograd/ops/qk_norm_rope.h"
#include "autograd/ops/sigmoid_gate.h"

namespace hone::nn {

GatedAttention::GatedAttention(Builder& b, const std::string& path, const GatedAttentionConfig& c)
    : config_(c),
      q_proj_(b, path + ".q_proj", c.hidden, 2 * c.heads * c.head_dim,
              {.bias = c.bias, .init = c.init}),
      k_proj_(b, path + ".k_proj", c.hidden, c.kv_heads * c.head_dim,
              {.bias = c.bias, .init = c.init}),
      v_proj_(b, path + ".v_proj", c.hidden, c.kv_heads * c.head_dim,
              {.bias = c.bias, .init = c.init}),
      q_norm_(b.parameter(path + ".q_norm.weight", {c.head_dim}, Init::zeros())),
      k_norm_(b.parameter(path + ".k_norm.weight", {c.head_dim}, Init::zeros())),
      o_proj_(b, path + ".o_proj", c.heads * c.head_dim, c.hidden,
              {.bias = c.bias, .init = c.init}) {}

double GatedAttention::scale() const {
  return 1 / std::sqrt(static_cast<double>(config_.head_dim));
}

GatedAttention::Projections GatedAttention::project(const Var& x,
                                                    const ForwardContext& context) const {
  const std::vector<Var> qkg = qk_norm_rope(q_proj_(x, context), true, k_proj_(x, context), q_norm_,
                                            k_norm_, config_.eps, kernels::NormWeight::zero_centred,
                                            context.rotary, config_.heads, config_.kv_heads);
  return {qkg[0], qkg[1], qkg[2], v_proj_(x, context)};
}

Var GatedAttention::operator()(const Var& x, const ForwardContext& context) const {
  const Projections p = project(x, context);
  const Var o = attention(p.q, p.k, p.v, context.cu_seqlens, scale());
  return o_proj_(sigmoid_gate(o, p.gate), context);
}

AttentionState GatedAttention::make_state(int64_t slots, int64_t capacity, DType dtype,
                                          Device device) const {
  const Shape shape{slots, config_.kv_heads, capacity, config_.head_dim};
  return {Tensor::empty(shape, dtype, device), Tensor::empty(shape, dtype, device)};
}

Var GatedAttention::extend(const Var& x, const ForwardContext& context, const SequenceSlots& slots,
                           const AttentionState& state) const {
  const Projections p = project(x, context);
  kernels::append_keys_values(p.k.value(), p.v.value().split(1, config_.kv_heads), slots.sequences,
                              state);
  // Whole sequences have no past: the blocked form is faster.
  const Var o = slots.fresh
                    ? attention(p.q, p.k, p.v, context.cu_seqlens, scale())
                    : Var(kernels::cached_attention(p.q.value(), slots.sequences, state, scale(),
                                                    /*window=*/0));
  return o_proj_(sigmoid_gate(o, p.gate), context);
}

}  // namespace hone::nn
