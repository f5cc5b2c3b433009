// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/sampling.h"

#include <algorithm>
#include <cmath>

#include "tensor/check.h"
#include "tensor/random.h"

namespace hone {
namespace {

// Candidates with the logit, later the unnormalised probability, in `probability`.
using Pool = std::vector<Candidate>;

bool more_likely(const Candidate& a, const Candidate& b) {
  return a.probability != b.probability ? a.probability > b.probability : a.token < b.token;
}

void penalise(Pool& pool, std::span<const int64_t> seen, double penalty) {
  if (penalty == 1) return;
  std::vector<int64_t> tokens(seen.begin(), seen.end());
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  for (const int64_t t : tokens) {
    check(t >= 0 && t < static_cast<int64_t>(pool.size()), "sampling: token ", t, " of ",
          pool.size());
    double& z = pool[static_cast<size_t>(t)].probability;
    z = z > 0 ? z / penalty : z * penalty;
  }
}

void keep_top_k(Pool& pool, int64_t k) {
  if (k <= 0 || k >= static_cast<int64_t>(pool.size())) return;
  std::vector<double> logits;
  for (const Candidate& c : pool) logits.push_back(c.probability);
  std::nth_element(logits.begin(), logits.begin() + (k - 1), logits.end(), std::greater<>());
  const double least = logits[static_cast<size_t>(k - 1)];
  std::erase_if(pool, [&](const Candidate& c) { return c.probability < least; });
}

// Logits become probabilities.
void softmax(Pool& pool) {
  double top = pool.front().probability, sum = 0;
  for (const Candidate& c : pool) top = std::max(top, c.probability);
  for (Candidate& c : pool) sum += c.probability = std::exp(c.probability - top);
  for (Candidate& c : pool) c.probability /= sum;
}

// The pool is left in another order. What is less probable than (1 - p) / n goes in any case, since
// all of that together is less than 1 - p; only the rest is sorted.
void keep_top_p(Pool& pool, double p) {
  if (p >= 1) return;
  const double least = (1 - p) / static_cast<double>(pool.size());
  const auto rest = std::partition(pool.begin(), pool.end(),
                                   [&](const Candidate& c) { return c.probability >= least; });
  double below = 0;
  for (auto c = rest; c != pool.end(); ++c) below += c->probability;
  pool.erase(rest, pool.end());
  std::sort(pool.begin(), pool.end(), more_likely);
  while (pool.size() > 1) {
    below += pool.back().probability;
    if (below > 1 - p) break;
    pool.pop_back();
  }
}

void keep_min_p(Pool& pool, double p) {
  double top = 0;
  for (const Candidate& c : pool) top = std::max(top, c.probability);
  std::erase_if(pool, [&](const Candidate& c) { return c.probability < p * top; });
}

void normalise(Pool& pool) {
  double sum = 0;
  for (const Candidate& c : pool) sum += c.probability;
  for (Candidate& c : pool) c.probability /= sum;
}

void require(bool good, const char* name, double value, const char* expected) {
  if (!good) fail(ErrorCode::kUsage, name, " is ", value, "; expected a number ", expected);
}

}  // namespace

void check_sampling(const SamplingOptions& o) {
  require(std::isfinite(o.temperature) && o.temperature >= 0, "temperature", o.temperature,
          "from 0, which is greedy, up");
  require(o.top_k >= 0, "top_k", static_cast<double>(o.top_k), "from 0, which is no limit, up");
  require(o.top_p > 0 && o.top_p <= 1, "top_p", o.top_p, "above 0 and at most 1");
  require(o.min_p >= 0 && o.min_p < 1, "min_p", o.min_p, "from 0 to below 1");
  require(std::isfinite(o.repetition_penalty) && o.repetition_penalty > 0, "repetition_penalty",
          o.repetition_penalty, "above 0; 1 is none");
}

std::vector<Candidate> candidates(std::span<const double> logits, std::span<const int64_t> seen,
                                  const SamplingOptions& o) {
  check(!logits.empty(), "sampling: no logits");
  Pool pool;
  pool.reserve(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    if (!std::isfinite(logits[i]))
      fail(ErrorCode::kNonFinite, "the logit of token ", i, " is ", logits[i],
           "; the model's weights, or those of its adapter, are damaged");
    pool.push_back({static_cast<int64_t>(i), logits[i]});
  }
  penalise(pool, seen, o.repetition_penalty);
  if (o.temperature == 0) {
    const auto best = std::min_element(pool.begin(), pool.end(), more_likely);
    return {{best->token, 1}};
  }
  for (Candidate& c : pool) c.probability /= o.temperature;
  keep_top_k(pool, o.top_k);
  softmax(pool);
  keep_top_p(pool, o.top_p);
  keep_min_p(pool, o.min_p);
  std::sort(pool.begin(), pool.end(),
            [](const Candidate& a, const Candidate& b) { return a.token < b.token; });
  normalise(pool);
  return pool;
}

int64_t sample_token(std::span<const double> logits, std::span<const int64_t> seen,
                     const SamplingOptions& o, const TokenPlace& place) {
  const std::vector<Candidate> pool = candidates(logits, seen, o);
  if (pool.size() == 1) return pool.front().token;
  // 53 random bits, uniform in [0, 1).
  const RandomStream random(o.seed, "generation", place.sequence);
  const uint64_t high = random.bits(2 * place.position) >> 5;
  const uint64_t low = random.bits(2 * place.position + 1) >> 6;
  double left = static_cast<double>(high << 26 | low) * 0x1p-53;
  for (const Candidate& c : pool) {
    left -= c.probability;
    if (left < 0) return c.token;
  }
  return pool.back().token;  // rounding
}

}  // namespace hone
