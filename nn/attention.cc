// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/attention.h"

#include <cmath>

#include "autograd/ops/arithmetic.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/qk_norm_rope.h"
#include "autograd/ops/rms_norm.h"
#include "autograd/ops/sigmoid_gate.h"

namespace hone::nn {
namespace {

Var qk_norm_weight(Builder& b, const std::string& path, const AttentionConfig& c, int64_t heads) {
  if (c.qk_norm == QkNorm::none) return Var();
  check(c.norm == NormKind::rms || c.norm == NormKind::rms_zero_centred, path,
        ": queries and keys have an RMSNorm");
  check(c.qk_norm == QkNorm::per_head || !c.output_gate, path,
        ": a norm over the projection of queries would cover the gate");
  return b.parameter(path + ".weight",
                     {c.qk_norm == QkNorm::per_head ? c.head_dim : heads * c.head_dim},
                     c.norm == NormKind::rms ? Init::ones() : Init::zeros());
}

}  // namespace

Attention::Attention(Builder& b, const std::string& path, const AttentionConfig& c)
    : config_(c),
      q_proj_(b, path + ".q_proj", c.hidden, (c.output_gate ? 2 : 1) * c.heads * c.head_dim,
              {.bias = c.bias, .init = c.init}),
      k_proj_(b, path + ".k_proj", c.hidden, c.kv_heads * c.head_dim,
              {.bias = c.bias, .init = c.init}),
      v_proj_(b, path + ".v_proj", c.hidden, c.kv_heads * c.head_dim,
              {.bias = c.bias, .init = c.init}),
      q_norm_(qk_norm_weight(b, path + ".q_norm", c, c.heads)),
      k_norm_(qk_norm_weight(b, path + ".k_norm", c, c.kv_heads)),
      o_proj_(b, path + ".o_proj", c.heads * c.head_dim, c.hidden,
              {.bias = c.bias, .init = c.init}) {}

double Attention::scale() const {
  return config_.scale > 0 ? config_.scale : 1 / std::sqrt(static_cast<double>(config_.head_dim));
}

Attention::Projections Attention::project(const Var& x, const ForwardContext& context) const {
  const kernels::NormWeight kind = config_.norm == NormKind::rms
                                       ? kernels::NormWeight::plain
                                       : kernels::NormWeight::zero_centred;
  const bool own_rotary = config_.window > 0 && context.sliding_rotary.cos.defined();
  Var q = q_proj_(x, context), k = k_proj_(x, context), q_weight = q_norm_, k_weight = k_norm_;
  if (config_.qk_norm == QkNorm::projection) {
    q = rms_norm(q, q_norm_, config_.eps, kind);
    k = rms_norm(k, k_norm_, config_.eps, kind);
    q_weight = k_weight = Var();
  }
  const std::vector<Var> qkg = qk_norm_rope(
      q, config_.output_gate, k, q_weight, k_weight, config_.eps, kind,
      own_rotary ? context.sliding_rotary : context.rotary, config_.heads, config_.kv_heads);
  return {qkg[0], qkg[1], config_.output_gate ? qkg[2] : Var(), v_proj_(x, context)};
}

Var Attention::output(const Var& o, const Var& gate, const ForwardContext& context) const {
  if (config_.output_gate) return o_proj_(sigmoid_gate(o, gate), context);
  return o_proj_(reshape(o, {o.dim(0), config_.heads * config_.head_dim}), context);
}

Var Attention::operator()(const Var& x, const ForwardContext& context) const {
  const Projections p = project(x, context);
  return output(attention(p.q, p.k, p.v, context.cu_seqlens, scale(), config_.window), p.gate,
                context);
}

AttentionState Attention::make_state(int64_t slots, int64_t capacity, DType dtype,
                                     Device device) const {
  const Shape shape{slots, config_.kv_heads, capacity, config_.head_dim};
  return {Tensor::empty(shape, dtype, device), Tensor::empty(shape, dtype, device)};
}

Var Attention::extend(const Var& x, const ForwardContext& context, const SequenceSlots& slots,
                      const AttentionState& state) const {
  const Projections p = project(x, context);
  kernels::append_keys_values(p.k.value(), p.v.value().split(1, config_.kv_heads), slots.sequences,
                              state);
  // Whole sequences have no past: the blocked form is faster.
  const Var o = slots.fresh ? attention(p.q, p.k, p.v, context.cu_seqlens, scale(), config_.window)
                            : Var(kernels::cached_attention(p.q.value(), slots.sequences, state,
                                                            scale(), config_.window));
  return output(o, p.gate, context);
}

}  // namespace hone::nn
