// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/block_kinds.h"
#include "nn/linear.h"
#include "nn/sequence_slots.h"

namespace hone::nn {

struct AttentionConfig {
  int64_t hidden = 0;  // C
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  double scale = 0;    // of the scores; 0: 1 / sqrt(head_dim)
  int64_t window = 0;  // a token sees itself and window - 1 before it; 0: all
  bool output_gate = false;
  bool bias = false;
  QkNorm qk_norm = QkNorm::none;
  NormKind norm = NormKind::rms;  // of queries and keys: an RMSNorm
  double eps = 1e-6;              // of that norm
  double init = 0.02;
};

// Causal grouped-query softmax attention with rotary positions, perhaps partial ones.
//                        source: Ainslie et al. 2023, arXiv:2305.13245; Beltagy et al. 2020,
//                        arXiv:2004.05150 (window); Qwen3-Next and Qwen3.5 (modeling; output gate)
//
//   q, k, v = q_proj x, k_proj x, v_proj x      q, k = rope(norm(q)), rope(norm(k))
//   y = o_proj(attention(q, k, v))              with a gate: (q, gate) = q_proj x, per head, and
//                                               y = o_proj(attention(q, k, v) * sigmoid(gate))
//
// Rotary tables are the context's: sliding_rotary for layers with a window where there is one.
class Attention {
 public:
  // Parameters under <path>: {q,k,v,o}_proj.weight (.bias) and, as qk_norm says,
  // {q,k}_norm.weight [D] or [H D] and [Hk D].
  Attention(Builder& b, const std::string& path, const AttentionConfig& config);

  // x [N, C] -> [N, C]; documents of context.cu_seqlens do not see each other.
  Var operator()(const Var& x, const ForwardContext& context) const;

  // The same for the next tokens of stored sequences, without gradients.
  AttentionState make_state(int64_t slots, int64_t capacity, DType dtype, Device device) const;
  Var extend(const Var& x, const ForwardContext& context, const SequenceSlots& slots,
             const AttentionState& state) const;

 private:
  struct Projections {
    Var q, k, gate;  // [N, H, D], [N, Hk, D], [N, H, D]; gate: undefined without one
    Var v;           // [N, Hk * D]
  };
  Projections project(const Var& x, const ForwardContext& context) const;
  Var output(const Var& o, const Var& gate, const ForwardContext& context) const;
  double scale() const;

  AttentionConfig config_;
  Linear q_proj_, k_proj_, v_proj_;
  Var q_norm_, k_norm_;  // undefined without a norm
  Linear o_proj_;
};

}  // namespace hone::nn
