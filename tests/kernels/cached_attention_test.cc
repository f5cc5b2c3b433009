// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/attention/cached_attention.h"

#include <doctest/doctest.h>

#include "kernels/attention/attention.h"
#include "kernels/core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone::kernels {
namespace {

using test::random_tensor;
using test::rel_err;
using test::same_bits;

Tensor i32(const std::vector<int32_t>& v) {
  return Tensor::of(v, {static_cast<int64_t>(v.size())});
}

struct Heads {
  int64_t queries, keys, dim;
};

KeyValueCache cache_for(int64_t slots, const Heads& h, int64_t capacity, DType dtype) {
  const Shape shape{slots, h.keys, capacity, h.dim};
  // What nobody wrote must not be read.
  return {random_tensor(shape, dtype, "keys", 1e4), random_tensor(shape, dtype, "values", 1e4)};
}

// One sequence in slot 1, cut into calls of the given rows; all of q, k and v [T, ...].
Tensor run_calls(const Tensor& q, const Tensor& k, const Tensor& v,
                 const std::vector<int32_t>& calls, int64_t window) {
  const Heads h{q.dim(1), k.dim(1), q.dim(2)};
  const KeyValueCache cache = cache_for(2, h, q.dim(0), q.dtype());
  const Tensor o = Tensor::empty(q.shape(), q.dtype());
  int32_t at = 0;
  for (const int32_t rows : calls) {
    const CachedSequences sequences{i32({0, rows}), i32({1}), i32({at})};
    append_keys_values(k.rows(at, at + rows), v.rows(at, at + rows), sequences, cache);
    copy_bytes(cached_attention(q.rows(at, at + rows), sequences, cache, 0.3, window),
               o.rows(at, at + rows));
    at += rows;
  }
  REQUIRE(at == q.dim(0));
  return o;
}

TEST_CASE("cached_attention: equals attention over the whole sequence, however it is cut") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-13}, {DType::f32, 1e-5}, {DType::bf16, 1e-2}})
    for (const Heads& h : {Heads{1, 1, 1}, Heads{4, 2, 17}, Heads{6, 1, 32}})
      for (const int64_t window : {int64_t{0}, int64_t{1}, int64_t{100}, int64_t{300}}) {
        const int64_t T = 600;
        const Tensor q = random_tensor({T, h.queries, h.dim}, dtype, "q"),
                     k = random_tensor({T, h.keys, h.dim}, dtype, "k"),
                     v = random_tensor({T, h.keys, h.dim}, dtype, "v");
        const Tensor want = attention_forward(q, k, v, i32({0, T}), 0.3, window).o;
        const Tensor whole = run_calls(q, k, v, {T}, window);
        CHECK(rel_err(whole, want) < tolerance);
        CHECK(same_bits(whole, run_calls(q, k, v, {255, 1, 1, 1, 254, 2, 86}, window)));
      }
}

TEST_CASE("cached_attention: a sequence's bits do not depend on the others, the slot or threads") {
  const Heads h{4, 2, 20};
  const int64_t C = h.queries * h.dim;
  const std::vector<int32_t> starts{300, 0, 17}, slots{3, 1, 0}, cu{0, 2, 3, 7};
  const Tensor q = random_tensor({7, h.queries, h.dim}, DType::f32, "q"),
               k = random_tensor({7, h.keys, h.dim}, DType::f32, "k"),
               v = random_tensor({7, h.keys, h.dim}, DType::f32, "v");
  Tensor o[2];
  for (int run = 0; run < 2; ++run) {
    set_num_threads(run + 1);
    const KeyValueCache cache = cache_for(4, h, 310, DType::f32);
    const CachedSequences sequences{i32(cu), i32(slots), i32(starts)};
    append_keys_values(k, v, sequences, cache);
    o[run] = cached_attention(q, sequences, cache, 0.2, 0);
  }
  CHECK(same_bits(o[0], o[1]));
  for (size_t s = 0; s < slots.size(); ++s) {
    const KeyValueCache cache = cache_for(4, h, 310, DType::f32);
    const CachedSequences alone{i32({0, cu[s + 1] - cu[s]}), i32({slots[s]}), i32({starts[s]})};
    append_keys_values(k.rows(cu[s], cu[s + 1]), v.rows(cu[s], cu[s + 1]), alone, cache);
    CHECK(same_bits(cached_attention(q.rows(cu[s], cu[s + 1]), alone, cache, 0.2, 0),
                    o[0].rows(cu[s], cu[s + 1])));
  }
  CHECK(o[0].numel() == 7 * C);
}

TEST_CASE("cached_attention: takes strided rows and heads") {
  const Tensor wide = random_tensor({5, 2 * 3 * 8}, DType::f32, "wide");
  const Tensor q = wide.split(1, 3).narrow(2, 0, 8), dense = contiguous(q);
  const Tensor k = random_tensor({5, 1, 8}, DType::f32, "k");
  const KeyValueCache cache = cache_for(1, {3, 1, 8}, 5, DType::f32);
  const CachedSequences all{i32({0, 5}), i32({0}), i32({0})};
  append_keys_values(k, k, all, cache);
  CHECK(
      same_bits(cached_attention(q, all, cache, 1, 0), cached_attention(dense, all, cache, 1, 0)));
}

// Operands: q, k, v, keys, values, cu_seqlens, slots, starts. Results: o and the caches.
std::vector<Tensor> append_and_attend(const std::vector<Tensor>& t, int64_t window) {
  const KeyValueCache cache{cast(t[3], t[3].dtype()), cast(t[4], t[4].dtype())};
  const CachedSequences sequences{t[5], t[6], t[7]};
  append_keys_values(t[1], t[2], sequences, cache);
  return {cached_attention(t[0], sequences, cache, 0.2, window), cache.keys, cache.values};
}

// Six sequences: of one token, an empty one, one at the end of its cache, one of 63 new tokens, and
// long pasts.
TEST_CASE("cuda: cached_attention gives the CPU's numbers, caches included") {
  if (!test::have_gpu()) return;
  const std::vector<int32_t> cu{0, 1, 1, 2, 65, 68, 69}, slots{3, 0, 4, 1, 6, 5},
      starts{0, 5, 599, 200, 254, 513};
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Heads& h : {Heads{1, 1, 1}, Heads{6, 2, 17}, Heads{8, 1, 64}, Heads{5, 5, 72},
                           Heads{12, 4, 128}, Heads{16, 2, 256}, Heads{9, 1, 300}})
      for (const int64_t window : {int64_t{0}, int64_t{1}, int64_t{100}, int64_t{300}}) {
        const Shape stored{7, h.keys, 600, h.dim};
        const auto run = [&](const std::vector<Tensor>& t) { return append_and_attend(t, window); };
        test::check_gpu_matches(
            std::to_string(h.queries) + "/" + std::to_string(h.keys) + " heads of " +
                std::to_string(h.dim) + ", window " + std::to_string(window),
            {random_tensor({69, h.queries, h.dim}, dtype, "q"),
             random_tensor({69, h.keys, h.dim}, dtype, "k"),
             random_tensor({69, h.keys, h.dim}, dtype, "v"), random_tensor(stored, dtype, "keys"),
             random_tensor(stored, dtype, "values"), i32(cu), i32(slots), i32(starts)},
            run, 2);
      }
}

// More rows than are worked on together, and what a sequence alone gives.
TEST_CASE("cuda: cached_attention: a sequence's bits do not depend on the others") {
  if (!test::have_gpu()) return;
  const Heads h{16, 2, 256};
  const int32_t past = 2000, rows = 700;
  const Shape stored{2, h.keys, past + rows, h.dim};
  const std::vector<Tensor> t = test::moved(
      {random_tensor({rows + 1, h.queries, h.dim}, DType::bf16, "q"),
       random_tensor({rows + 1, h.keys, h.dim}, DType::bf16, "k"),
       random_tensor({rows + 1, h.keys, h.dim}, DType::bf16, "v"),
       random_tensor(stored, DType::bf16, "keys"), random_tensor(stored, DType::bf16, "values"),
       i32({0, rows, rows + 1}), i32({1, 0}), i32({past, 40})},
      test::kGpu);
  const Tensor together = append_and_attend(t, 0)[0].to(kCpu);
  std::vector<Tensor> one = t;
  for (int i = 0; i < 3; ++i) one[i] = t[i].rows(rows, rows + 1);
  one[5] = i32({0, 1}).to(test::kGpu);
  one[6] = i32({0}).to(test::kGpu);
  one[7] = i32({40}).to(test::kGpu);
  CHECK(same_bits(append_and_attend(one, 0)[0].to(kCpu), together.rows(rows, rows + 1)));
  std::vector<Tensor> other = t;
  for (int i = 0; i < 3; ++i) other[i] = t[i].rows(0, rows);
  other[5] = i32({0, rows}).to(test::kGpu);
  other[6] = i32({1}).to(test::kGpu);
  other[7] = i32({past}).to(test::kGpu);
  CHECK(same_bits(append_and_attend(other, 0)[0].to(kCpu), together.rows(0, rows)));
}

TEST_CASE("cuda: cached_attention takes strided rows and heads") {
  if (!test::have_gpu()) return;
  const auto run = [](const std::vector<Tensor>& t) {
    const Tensor q = t[0].split(1, 4).narrow(2, 1, 8);
    const KeyValueCache cache{cast(t[2], t[2].dtype()), cast(t[2], t[2].dtype())};
    const CachedSequences all{t[3], t[4], t[4]};
    append_keys_values(t[1].split(1, 2).narrow(2, 0, 8), t[1].split(1, 2).narrow(2, 5, 8), all,
                       cache);
    return std::vector<Tensor>{cached_attention(q, all, cache, 1, 0), cache.keys, cache.values};
  };
  test::check_gpu_matches(
      "strided",
      {random_tensor({5, 48}, DType::f32, "q"), random_tensor({5, 26}, DType::f32, "kv"),
       random_tensor({1, 2, 5, 8}, DType::f32, "cache"), i32({0, 5}), i32({0})},
      run, 2);
}

TEST_CASE("cached_attention: bad operands are refused") {
  const KeyValueCache cache = cache_for(2, {4, 2, 3}, 6, DType::f32);
  const auto run = [&](const Shape& q, const std::vector<int32_t>& slots,
                       const std::vector<int32_t>& starts) {
    return cached_attention(Tensor::zeros(q, DType::f32), {i32({0, 2}), i32(slots), i32(starts)},
                            cache, 1, 0);
  };
  CHECK_NOTHROW(run({2, 4, 3}, {1}, {4}));
  CHECK_THROWS_WITH(run({2, 4, 3}, {1}, {5}),
                    doctest::Contains("7 tokens of a sequence in a cache"));
  CHECK_THROWS_WITH(run({2, 4, 4}, {1}, {0}), doctest::Contains("does not fit a cache"));
  CHECK_THROWS_WITH(run({2, 3, 3}, {1}, {0}), doctest::Contains("cannot share"));
  CHECK_THROWS_WITH(run({2, 4, 3}, {2}, {0}), doctest::Contains("slot 2 of 2"));
  const Tensor k = Tensor::zeros({2, 3, 3}, DType::f32);
  CHECK_THROWS_WITH(append_keys_values(k, k, {i32({0, 2}), i32({0}), i32({0})}, cache),
                    doctest::Contains("heads"));
}

}  // namespace
}  // namespace hone::kernels
