// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/sampling.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise/elementwise.h"
#include "kernels/sampling/sampling.h"
#include "tensor/check.h"
#include "tensor/random.h"

namespace hone {
namespace {

void require(bool good, const char* name, double value, const char* expected) {
  if (!good) fail(ErrorCode::kUsage, name, " is ", value, "; expected a number ", expected);
}

kernels::TokenFilter filter_of(const SamplingOptions& o) {
  return {o.temperature, o.top_k, o.top_p, o.min_p, o.repetition_penalty};
}

// Each row's tokens once, on the logits' device; nothing where no penalty asks for them.
kernels::SeenTokens seen_tokens(std::span<const SamplingRow> rows, const SamplingOptions& o,
                                const Tensor& logits) {
  if (o.repetition_penalty == 1) return {};
  std::vector<int64_t> ids;
  std::vector<int32_t> offsets{0};
  for (const SamplingRow& row : rows) {
    std::vector<int64_t> tokens = row.seen;
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (const int64_t t : tokens)
      check(t >= 0 && t < logits.dim(1), "sampling: token ", t, " of ", logits.dim(1));
    ids.insert(ids.end(), tokens.begin(), tokens.end());
    offsets.push_back(static_cast<int32_t>(ids.size()));
  }
  const Device device = logits.device();
  return {Tensor::of(ids, {static_cast<int64_t>(ids.size())}, device),
          Tensor::of(offsets, {static_cast<int64_t>(offsets.size())}, device)};
}

// 53 random bits.
int64_t random_bits(uint64_t seed, const TokenPlace& place) {
  const RandomStream random(seed, "generation", place.sequence);
  const uint64_t high = random.bits(2 * place.position) >> 5;
  const uint64_t low = random.bits(2 * place.position + 1) >> 6;
  return static_cast<int64_t>(high << 26 | low);
}

[[noreturn]] void fail_non_finite(const Tensor& logits, int64_t row, int64_t token) {
  const Tensor z = kernels::cast(logits.rows(row, row + 1).to(kCpu), DType::f64);
  fail(ErrorCode::kNonFinite, "the logit of token ", token, " is ", z.data<double>()[token],
       "; the model's weights, or those of its adapter, are damaged");
}

Tensor one_row(std::span<const double> logits) {
  check(!logits.empty(), "sampling: no logits");
  return Tensor::of(logits, {1, static_cast<int64_t>(logits.size())});
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

std::vector<int64_t> sample_tokens(const Tensor& logits, std::span<const SamplingRow> rows,
                                   const SamplingOptions& o) {
  check(logits.rank() == 2 && logits.dim(0) == static_cast<int64_t>(rows.size()),
        "sampling: logits ", logits.shape(), " for ", rows.size(), " sequences");
  const Tensor weights = kernels::token_weights(logits, seen_tokens(rows, o, logits), filter_of(o));
  std::vector<int64_t> bits;
  for (const SamplingRow& row : rows) bits.push_back(random_bits(o.seed, row.place));
  std::vector<int64_t> tokens =
      kernels::draw_tokens(weights, Tensor::of(bits, {logits.dim(0)}, logits.device()))
          .to_vector<int64_t>();
  for (size_t r = 0; r < tokens.size(); ++r)
    if (tokens[r] < 0) fail_non_finite(logits, static_cast<int64_t>(r), -1 - tokens[r]);
  return tokens;
}

int64_t sample_token(std::span<const double> logits, std::span<const int64_t> seen,
                     const SamplingOptions& o, const TokenPlace& place) {
  const SamplingRow row{{seen.begin(), seen.end()}, place};
  return sample_tokens(one_row(logits), {&row, 1}, o).front();
}

std::vector<Candidate> candidates(std::span<const double> logits, std::span<const int64_t> seen,
                                  const SamplingOptions& o) {
  const Tensor row = one_row(logits);
  const SamplingRow place{{seen.begin(), seen.end()}, {}};
  const std::vector<int64_t> weights =
      kernels::token_weights(row, seen_tokens({&place, 1}, o, row), filter_of(o))
          .to_vector<int64_t>();
  if (weights.front() < 0) fail_non_finite(row, 0, -1 - weights.front());
  double sum = 0;
  for (const int64_t w : weights) sum += static_cast<double>(w);
  std::vector<Candidate> pool;
  for (size_t i = 0; i < weights.size(); ++i)
    if (weights[i] > 0)
      pool.push_back({static_cast<int64_t>(i), static_cast<double>(weights[i]) / sum});
  return pool;
}

}  // namespace hone
