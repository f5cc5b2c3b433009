// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/linear.h"
#include "nn/sequence_slots.h"

namespace hone::nn {

struct GatedAttentionConfig {
  int64_t hidden = 0;  // C
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  double eps = 1e-6;  // of the query and key norms
  bool bias = false;
  double init = 0.02;
};

// Causal grouped-query softmax attention with normalised queries and keys, partial rotary positions
// and a sigmoid gate on its output.                      source: Qwen3-Next and Qwen3.5 (modeling)
//
//   (q, gate) = q_proj x, per head      k, v = k_proj x, v_proj x
//   q, k = rope(RMSNorm(q)), rope(RMSNorm(k))      y = o_proj(attention(q, k, v) * sigmoid(gate))
class GatedAttention {
 public:
  // Parameters under <path>: {q,k,v,o}_proj.weight (.bias), {q,k}_norm.weight.
  GatedAttention(Builder& b, const std::string& path, const GatedAttentionConfig& config);

  // x [N, C] -> [N, C]; documents of context.cu_seqlens do not see each other.
  Var operator()(const Var& x, const ForwardContext& context) const;

  // The same for the next tokens of stored sequences, without gradients.
  AttentionState make_state(int64_t slots, int64_t capacity, DType dtype, Device device) const;
  Var extend(const Var& x, const ForwardContext& context, const SequenceSlots& slots,
             const AttentionState& state) const;

 private:
  struct Projections {
    Var q, k, gate;  // [N, H, D], [N, Hk, D], [N, H, D]
    Var v;           // [N, Hk * D]
  };
  Projections project(const Var& x, const ForwardContext& context) const;
  double scale() const;

  GatedAttentionConfig config_;
  Linear q_proj_, k_proj_, v_proj_;
  Var q_norm_, k_norm_;
  Linear o_proj_;
};

}  // namespace hone::nn
