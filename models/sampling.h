// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From logits to the next token.
//
//   penalty      z[t] / r if z[t] > 0, else z[t] r, for every t that the sequence has already
//   temperature  z / temperature
//   top_k        what is less than the k-th largest goes; ties with it stay
//   top_p        of what is left, from the least probable on, tokens go as long as their
//                probabilities add up to at most 1 - p; of equal ones the higher id goes first
//   min_p        of what is left, what is less probable than p times the most probable goes
//
// in this order, then a draw in proportion to exp(z). At least one token always stays.
//                 source: Holtzman et al. 2019, arXiv:1904.09751 (top_p); Nguyen et al. 2024,
//                 arXiv:2407.01082 (min_p); Keskar et al. 2019, arXiv:1909.05858 (penalty)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

struct Candidate {
  int64_t token = 0;
  double probability = 0;
};

// What can be drawn, by ascending id; probabilities add up to 1. seen: tokens of the sequence so
// far. Greedy: the one token. Of equal logits the lowest id is the largest.
// Errors: kNonFinite if a logit is not finite.
std::vector<Candidate> candidates(std::span<const double> logits, std::span<const int64_t> seen,
                                  const SamplingOptions& options);

int64_t sample_token(std::span<const double> logits, std::span<const int64_t> seen,
                     const SamplingOptions& options, const TokenPlace& place);

}  // namespace hone
