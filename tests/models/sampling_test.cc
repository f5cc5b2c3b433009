// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/sampling.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

#include "data/json.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

std::vector<double> doubles(const JsonValue& list) {
  std::vector<double> values;
  for (const JsonValue& v : list.elements()) values.push_back(v.as_double());
  return values;
}

// tools/make_sampling_golden.py: the probabilities that transformers' processors leave.
TEST_CASE("sampling: what is left to draw from is what transformers leaves") {
  const std::vector<JsonValue> cases = load_json("tests/goldens/sampling.json").elements();
  REQUIRE(cases.size() > 30);
  for (const JsonValue& c : cases) {
    const JsonValue o = c.at("options");
    const SamplingOptions options{.temperature = o.get_double("temperature"),
                                  .top_k = o.get_int_or("top_k", 0),
                                  .top_p = o.get_double_or("top_p", 1),
                                  .min_p = o.get_double_or("min_p", 0),
                                  .repetition_penalty = o.get_double_or("repetition_penalty", 1)};
    std::vector<int64_t> seen;
    for (const JsonValue& t : c.at("seen").elements()) seen.push_back(t.as_int());
    const std::vector<double> want = doubles(c.at("probabilities"));
    std::vector<double> got(want.size(), 0.0);
    for (const Candidate& p : candidates(doubles(c.at("logits")), seen, options))
      got[static_cast<size_t>(p.token)] = p.probability;
    for (size_t i = 0; i < want.size(); ++i) {
      CAPTURE(c.path());
      CAPTURE(i);
      CHECK((got[i] == 0) == (want[i] == 0));
      CHECK(got[i] == doctest::Approx(want[i]).epsilon(1e-12));
    }
  }
}

TEST_CASE("sampling: greedy takes the largest logit, of equal ones the lowest id") {
  const auto greedy = [](const std::vector<double>& z, const SamplingOptions& o = {}) {
    return sample_token(z, std::vector<int64_t>{3, 3}, o, {});
  };
  CHECK(greedy({0, 2, -1, 1}) == 1);
  CHECK(greedy({-5, -2, -2, -2}) == 1);
  CHECK(greedy({1, 0, 0, 2}) == 3);
  CHECK(greedy({1.5, 0, 0, 2}, {.repetition_penalty = 2}) == 0);  // 3 was there: 2 / 2
  CHECK(greedy({-1.5, -9, -9, -1}, {.repetition_penalty = 2}) == 0);
}

// Equal logits: only as many as needed, lowest ids first.
TEST_CASE("sampling: top_p decides ties by id") {
  const std::vector<double> z(8, 1.0);
  const auto pool = candidates(z, {}, {.temperature = 1, .top_p = 0.3});
  REQUIRE(pool.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(pool[i].token == static_cast<int64_t>(i));
    CHECK(pool[i].probability == doctest::Approx(1.0 / 3));
  }
}

// Pearson's statistic of 20,000 draws, one for each place, against the 0.999 quantile of chi-square
// with 7 degrees of freedom. The draws are fixed by the seed.
TEST_CASE("sampling: tokens are drawn with their probabilities") {
  const std::vector<double> z{0.3, -1, 2, 1.1, 0, -0.4, 0.9, 1.6};
  constexpr double kQuantile = 24.32;
  for (const SamplingOptions& options : {SamplingOptions{.temperature = 1, .seed = 1},
                                         {.temperature = 2.5, .seed = 2},
                                         {.temperature = 1, .top_k = 4, .seed = 3},
                                         {.temperature = 1, .top_p = 0.8, .seed = 4}})
    for (const bool along_sequences : {false, true}) {
      constexpr uint64_t kDraws = 20000;
      std::map<int64_t, double> count;
      for (uint64_t i = 0; i < kDraws; ++i)
        ++count[sample_token(z, {}, options,
                             along_sequences ? TokenPlace{i, 5} : TokenPlace{5, i})];
      double statistic = 0, drawn = 0;
      for (const Candidate& c : candidates(z, {}, options)) {
        const double expected = c.probability * kDraws;
        statistic += (count[c.token] - expected) * (count[c.token] - expected) / expected;
        drawn += count[c.token];
      }
      CHECK(drawn == kDraws);  // nothing that was filtered out
      CHECK(statistic < kQuantile);
    }
}

TEST_CASE("sampling: a draw depends on seed, sequence and position") {
  const std::vector<double> z(50, 0.0);
  const auto draws = [&](uint64_t seed, uint64_t sequence, uint64_t first) {
    std::vector<int64_t> tokens;
    for (uint64_t i = 0; i < 20; ++i)
      tokens.push_back(
          sample_token(z, {}, {.temperature = 1, .seed = seed}, {sequence, first + i}));
    return tokens;
  };
  CHECK(draws(1, 2, 3) == draws(1, 2, 3));
  CHECK(draws(1, 2, 3) != draws(2, 2, 3));
  CHECK(draws(1, 2, 3) != draws(1, 3, 3));
  CHECK(draws(1, 2, 3) != draws(1, 2, 4));
}

TEST_CASE("sampling: options outside their range and broken logits are refused") {
  const auto refused = [](const SamplingOptions& o, const char* part) {
    check_contains(error_of(ErrorCode::kUsage, [&] { check_sampling(o); }), part);
  };
  refused({.temperature = -1}, "temperature is -1");
  refused({.temperature = HUGE_VAL}, "temperature is inf");
  refused({.top_k = -2}, "top_k is -2");
  refused({.top_p = 0}, "top_p is 0");
  refused({.top_p = 1.01}, "top_p is 1.01");
  refused({.min_p = 1}, "min_p is 1");
  refused({.repetition_penalty = 0}, "repetition_penalty is 0");
  CHECK_NOTHROW(check_sampling({}));
  const std::vector<double> z{0, std::numeric_limits<double>::quiet_NaN()};
  check_contains(error_of(ErrorCode::kNonFinite, [&] { sample_token(z, {}, {}, {}); }),
                 "the logit of token 1 is nan");
}

}  // namespace
}  // namespace hone
