// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From logits to the next token of each sequence.
//
//   penalty      z[t] / r if z[t] > 0, else z[t] r, for every t that the sequence has already
//   temperature  z / temperature
//   top_k        what is less than the k-th largest goes; ties with it stay
//   weight       w[t] = floor(2^s e^(z[t] - max z)), a whole number; s = weight_bits(V)
//   top_p        of what is left, from the least weight on, tokens go as long as their weights add up to
//                at most 1 - p of the sum; of equal ones the higher id goes first
//   min_p        of what is left, what is less than p times the largest goes
//
//   in this order, then a draw in proportion to the weights. At least one token always stays.
//                 source: Holtzman et al. 2019, arXiv:1904.09751 (top_p); Nguyen et al. 2024,
//                 arXiv:2407.01082 (min_p); Keskar et al. 2019, arXiv:1909.05858 (penalty)
//
//   logits [rows, V] f32, f64 or bf16        weights [rows, V] i64        tokens [rows] i64
//   z in f64. Weights are whole numbers (fixed_point.h): the same bits on every device, and sums that do
//   not depend on their order. A token that is e^-43 times as probable as the first has weight 0.
//
//   How it works: one question answers everything: what is the smallest key such that the amounts of all
//   keys up to it add up to more than a limit? With logits as keys and ones as amounts it is the k-th
//   largest; with weights as both, where top_p cuts; with ids as keys and weights as amounts, the token
//   drawn. It is answered digit by digit from the top, with a sum for each value of the digit; nothing
//   is sorted.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct TokenFilter {
  double temperature = 0;  // 0: greedy, the token with the largest logit, of equal ones the first
  int64_t top_k = 0;       // 0: all
  double top_p = 1;        // in (0, 1]
  double min_p = 0;        // in [0, 1)
  double repetition_penalty = 1;  // > 0; also for greedy
};

// Tokens that the sequences have already: those of row r are ids [offsets[r], offsets[r + 1]), each once.
struct SeenTokens {
  Tensor ids;      // [any] i64
  Tensor offsets;  // [rows + 1] i32
};

// What the tokens of each row are drawn in proportion to; greedy: 1 for one token. Where logit i is the
// first of a row that is not finite, its first weight is -1 - i. seen: read where there is a penalty.
// Requires: V >= 1.
Tensor token_weights(const Tensor& logits, const SeenTokens& seen, const TokenFilter& filter);

// A token for each row of weights. bits [rows] i64: 53 random bits each. A row that begins with a
// negative weight gets that.
Tensor draw_tokens(const Tensor& weights, const Tensor& bits);

// Greedy, which reads the logits once.
Cost token_weights_cost(int64_t rows, int64_t V, DType t);
Cost draw_tokens_cost(int64_t rows, int64_t V);

// Device implementations.
template <Isa I>
void token_weights(Cpu<I>, const Tensor& logits, const SeenTokens& seen, const TokenFilter& filter,
                   const Tensor& weights);
template <Isa I>
void draw_tokens(Cpu<I>, const Tensor& weights, const Tensor& bits, const Tensor& tokens);
void token_weights(Cuda, const Tensor& logits, const SeenTokens& seen, const TokenFilter& filter,
                   const Tensor& weights);
void draw_tokens(Cuda, const Tensor& weights, const Tensor& bits, const Tensor& tokens);

}  // namespace hone::kernels
