// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/attention/cached_attention.h"

#include <doctest/doctest.h>

#include "kernels/attention/attention.h"
#include "kernels/core/parallel.h"
#include "tests/support/compare.h"

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
