// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From logits to the next token of each sequence: the options that a user has, and the random numbers.
// What is chosen from what, and how: kernels/sampling/sampling.h.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace hone {

struct SamplingOptions {
  double temperature = 0;         // 0: greedy, the token with the largest logit
  int64_t top_k = 0;              // 0: all
  double top_p = 1;               // in (0, 1]
  double min_p = 0;               // in [0, 1)
  double repetition_penalty = 1;  // > 0; also for greedy
  uint64_t seed = 0;
};

// Errors: kUsage naming the option that is outside its range.
void check_sampling(const SamplingOptions& options);

// Which sequence a token is for and where it stands in it. A draw depends on the seed and these two
// alone.
struct TokenPlace {
  uint64_t sequence = 0;
  uint64_t position = 0;
};

// A sequence that gets a token.
struct SamplingRow {
  std::vector<int64_t> seen = {};  // its tokens so far; read where there is a repetition_penalty
  TokenPlace place = {};
};

// A token for each row of logits [rows, V], chosen on their device: only the tokens come to the host.
// Sync: waits for the device. Errors: kNonFinite if a logit is not finite.
std::vector<int64_t> sample_tokens(const Tensor& logits, std::span<const SamplingRow> rows,
                                   const SamplingOptions& options);

// The same for one sequence whose logits the host has.
int64_t sample_token(std::span<const double> logits, std::span<const int64_t> seen,
                     const SamplingOptions& options, const TokenPlace& place);

struct Candidate {
  int64_t token = 0;
  double probability = 0;
};

// What can be drawn, by ascending id; probabilities add up to 1. seen: tokens of the sequence so
// far. Greedy: the one token. Errors: kNonFinite if a logit is not finite.
std::vector<Candidate> candidates(std::span<const double> logits, std::span<const int64_t> seen,
                                  const SamplingOptions& options);

}  // namespace hone
