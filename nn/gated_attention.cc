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

Var GatedAttention::operator()(const Var& x, const ForwardContext& context) const {
  const std::vector<Var> qkg = qk_norm_rope(q_proj_(x, context), true, k_proj_(x, context), q_norm_,
                                            k_norm_, config_.eps, kernels::NormWeight::zero_centred,
                                            context.rotary, config_.heads, config_.kv_heads);
  const Var v = v_proj_(x, context);
  const double scale = 1 / std::sqrt(static_cast<double>(config_.head_dim));
  const Var o = attention(qkg[0], qkg[1], v, context.cu_seqlens, scale);
  return o_proj_(sigmoid_gate(o, qkg[2]), context);
}

}  // namespace hone::nn
