// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the weights come to, against probabilities of another library: tests/models/sampling_test.cc.
#include "kernels/sampling/sampling.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/core/parallel.h"
#include "kernels/sampling/fixed_point.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone::kernels {
namespace {

using test::random_tensor;
using test::same_bits;

using Weights = std::vector<int64_t>;

Weights weights_of(const std::vector<double>& logits, const TokenFilter& filter) {
  return token_weights(Tensor::of(logits, {1, static_cast<int64_t>(logits.size())}), {}, filter)
      .to_vector<int64_t>();
}

TEST_CASE("sampling: exponential_weight is 2^bits e^-t") {
  for (const int bits : {62, 44, 20, 1})
    for (double t = 0; t < 60; t += t < 1 ? 0.001 : 0.37) {
      const double want = std::ldexp(std::exp(-t), bits);
      const auto got = static_cast<double>(exponential_weight(t, bits));
      CHECK(std::abs(got - want) <= 1 + 1e-15 * want);
    }
  CHECK(exponential_weight(0, 62) == uint64_t{1} << 62);
  CHECK(exponential_weight(HUGE_VAL, 62) == 0);
  uint64_t before = exponential_weight(0, 50);
  for (int i = 1; i < 20000; ++i) {  // never rises
    const uint64_t next = exponential_weight(i * 0x1p-20, 50);
    CHECK(next <= before);
    before = next;
  }
}

TEST_CASE("sampling: keys are in the order of their numbers") {
  const std::vector<double> x{-HUGE_VAL, -1e300, -2, -1e-320, 0, 1e-320, 0.5, 1, 1e300, HUGE_VAL};
  for (size_t i = 0; i < x.size(); ++i) {
    CHECK(from_order_key(order_key(x[i])) == x[i]);
    if (i > 0) CHECK(order_key(x[i - 1]) < order_key(x[i]));
  }
  CHECK(order_key(-0.0) == order_key(0.0));
}

// Filters by their definition: sort, then take away one after the other.
Weights filtered(Weights w, const TokenFilter& filter) {
  std::vector<size_t> order(w.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return w[a] != w[b] ? w[a] < w[b] : a > b; });
  const int64_t top = w[order.back()];
  if (filter.top_p < 1) {
    const int64_t sum = std::accumulate(w.begin(), w.end(), int64_t{0});
    const auto limit = static_cast<int64_t>(removable(static_cast<uint64_t>(sum), filter.top_p));
    int64_t gone = 0;
    for (const size_t i : order) {
      gone += w[i];
      if (gone > limit) break;
      w[i] = 0;
    }
  }
  for (int64_t& x : w)
    if (static_cast<double>(x) < filter.min_p * static_cast<double>(top)) x = 0;
  return w;
}

// Numbers of which many are equal.
std::vector<double> logits_with_ties(int64_t V, const std::string& stream) {
  std::vector<double> z;
  const RandomStream random(3, stream);
  for (int64_t i = 0; i < V; ++i)
    z.push_back(std::floor(4 * random.normal(static_cast<uint64_t>(i))) / 3);
  return z;
}

TEST_CASE("sampling: filters take away what their definition says, of equal tokens too") {
  for (const int64_t V : {1, 2, 17, 300})
    for (const auto& z : {logits_with_ties(V, "a"), std::vector<double>(static_cast<size_t>(V), 2)})
      for (const double p : {1.0, 0.999, 0.7, 0.3, 0.01, 1e-18})
        for (const double m : {0.0, 0.1, 0.9}) {
          const TokenFilter filter{.temperature = 0.8, .top_p = p, .min_p = m};
          CHECK(weights_of(z, filter) == filtered(weights_of(z, {.temperature = 0.8}), filter));
        }
}

TEST_CASE("sampling: top_k keeps the k largest and what ties with the last") {
  const std::vector<double> z{1, 5, 3, 3, 0, 3, 4};
  const auto kept = [&](int64_t k) {
    std::vector<size_t> ids;
    const Weights w = weights_of(z, {.temperature = 2, .top_k = k});
    for (size_t i = 0; i < w.size(); ++i)
      if (w[i] > 0) ids.push_back(i);
    return ids;
  };
  CHECK(kept(1) == std::vector<size_t>{1});
  CHECK(kept(2) == std::vector<size_t>{1, 6});
  CHECK(kept(3) == std::vector<size_t>{1, 2, 3, 5, 6});
  CHECK(kept(6) == std::vector<size_t>{0, 1, 2, 3, 5, 6});
  CHECK(kept(0).size() == 7);
}

TEST_CASE("sampling: a draw is the token whose share of the sum holds its random number") {
  const Weights w{3, 0, 1, 4};  // 8 in all
  const Tensor rows = Tensor::of(
      [&] {
        Weights all;
        for (int i = 0; i < 8; ++i) all.insert(all.end(), w.begin(), w.end());
        return all;
      }(),
      {8, 4});
  Weights bits;
  for (int64_t i = 0; i < 8; ++i) bits.push_back((i << 50) + (i % 2 ? (int64_t{1} << 50) - 1 : 0));
  CHECK(draw_tokens(rows, Tensor::of(bits, {8})).to_vector<int64_t>() ==
        Weights{0, 0, 0, 2, 3, 3, 3, 3});
}

TEST_CASE("sampling: rows that are not finite say where") {
  const float inf = HUGE_VALF;
  const Tensor z = Tensor::of(std::vector<float>{1, 2, 3, 4, -inf, NAN, NAN, 0, 0}, {3, 3});
  const Tensor w = token_weights(z, {}, {.temperature = 1});
  CHECK(draw_tokens(w, Tensor::of(Weights{0, 0, 0}, {3})).to_vector<int64_t>() ==
        Weights{0, -2, -1});
}

TEST_CASE("sampling: the same on any number of threads; bad operands are refused") {
  const Tensor z = random_tensor({5, 1000}, DType::f32, "z");
  const TokenFilter filter{.temperature = 1, .top_k = 100, .top_p = 0.9};
  set_num_threads(1);
  const Tensor one = token_weights(z, {}, filter);
  set_num_threads(2);
  CHECK(same_bits(token_weights(z, {}, filter), one));
  CHECK_THROWS_WITH(token_weights(z.view({5000}), {}, filter), doctest::Contains("logits"));
  CHECK_THROWS_WITH(token_weights(z, {}, {.temperature = -1}), doctest::Contains("range"));
  CHECK_THROWS_WITH(token_weights(z, {}, {.repetition_penalty = 2}), doctest::Contains("penalty"));
  CHECK_THROWS_WITH(draw_tokens(one, Tensor::of(Weights{0}, {1})), doctest::Contains("bits"));
}

TEST_CASE("cuda: token_weights and draw_tokens give the CPU's whole numbers") {
  if (!test::have_gpu()) return;
  const std::vector<TokenFilter> filters{
      {},
      {.repetition_penalty = 1.5},
      {.temperature = 1},
      {.temperature = 0.7, .top_k = 1},
      {.temperature = 1.3, .top_k = 40, .repetition_penalty = 1.1},
      {.temperature = 1, .top_p = 0.9},
      {.temperature = 2.5, .top_p = 1e-18},
      {.temperature = 1, .min_p = 0.05},
      {.temperature = 0.9, .top_k = 200, .top_p = 0.8, .min_p = 0.01, .repetition_penalty = 0.8}};
  for (const DType dtype : {DType::f32, DType::bf16, DType::f64})
    for (const int64_t V : {1, 2, 33, 1024, 1025, 50257}) {
      const int64_t rows = 4;
      Tensor z = random_tensor({rows, V}, dtype, "z", 3);
      std::vector<double> ties = logits_with_ties(V, "ties");  // row 1; row 2 is all alike
      copy_bytes(cast(Tensor::of(ties, {1, V}), dtype), z.rows(1, 2));
      fill(z.rows(2, 3), 0.25);
      std::vector<int64_t> seen, bits;
      std::vector<int32_t> offsets{0};
      const RandomStream random(4, "seen");
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t t = 0; t < V && r != 3; t += 1 + random.bits(static_cast<uint64_t>(t)) % 50)
          seen.push_back(t);
        offsets.push_back(static_cast<int32_t>(seen.size()));
        bits.push_back(static_cast<int64_t>(random.bits(static_cast<uint64_t>(1000 + r))) << 21);
      }
      for (const TokenFilter& filter : filters) {
        const auto run = [&](const std::vector<Tensor>& t) {
          const Tensor w = token_weights(t[0], {t[1], t[2]}, filter);
          return std::vector<Tensor>{w, draw_tokens(w, t[3])};
        };
        test::check_gpu_matches(
            std::to_string(V) + " tokens, temperature " + std::to_string(filter.temperature),
            {z, Tensor::of(seen, {static_cast<int64_t>(seen.size())}),
             Tensor::of(offsets, {rows + 1}), Tensor::of(bits, {rows})},
            run, 0);
      }
    }
}

TEST_CASE("cuda: rows that are not finite say where") {
  if (!test::have_gpu()) return;
  std::vector<float> z(3 * 5000, 1.0f);
  z[3000] = z[4000] = -HUGE_VALF;
  z[10000] = NAN;
  const auto run = [](const std::vector<Tensor>& t) {
    const Tensor w = token_weights(t[0], {}, {.temperature = 1});
    return std::vector<Tensor>{draw_tokens(w, t[1])};
  };
  test::check_gpu_matches("broken", {Tensor::of(z, {3, 5000}), Tensor::of(Weights{1, 2, 3}, {3})},
                          run, 0);
}

}  // namespace
}  // namespace hone::kernels
