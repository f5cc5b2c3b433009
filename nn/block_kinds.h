// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the blocks of decoders differ in, as data: for configs, which need no block to name one.
#pragma once

namespace hone::nn {

enum class NormKind {
  rms,                 // y = xh * w: RMSNorm (Llama, Qwen3)
  rms_zero_centred,    // y = xh * (1 + w)    (Qwen3.5, Gemma)
  layer,               // LayerNorm with a weight and a bias (vision towers)
  layer_zero_centred,  // LayerNorm with weight 1 + w and a bias: LayerNorm1p (Nemotron)
};

enum class MlpKind {
  swiglu,        // down(silu(gate x) * up x)       source: Shazeer 2020, arXiv:2002.05202
  geglu,         // down(gelu_tanh(gate x) * up x)  source: the same
  squared_relu,  // down(max(up x, 0)^2)            source: So et al. 2021, arXiv:2109.08668
};

// RMSNorm of queries and keys before they are rotated.
enum class QkNorm {
  none,
  per_head,    // of each head's D dimensions (Qwen3, Gemma 3)
  projection,  // of all heads together (OLMoE)
};

// What is made of the hidden states after the last norm.
enum class HeadKind {
  next_token,       // logits over the vocabulary
  sequence_labels,  // of a sequence's last token: a reward model has one label, its score
  token_labels,     // of every token: a process reward model has two, wrong and right
};

}  // namespace hone::nn
