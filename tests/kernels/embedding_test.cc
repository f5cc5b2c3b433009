// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/embedding.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/embedding/embedding.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

// Ids in [0, v) with repetitions.
Tensor random_ids(int64_t n, int64_t v, const std::string& stream) {
  const RandomStream random(4, stream);
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < n; ++i) ids.push_back(random.bits(static_cast<uint64_t>(i)) % v);
  return Tensor::of(ids, {n});
}

TEST_CASE("embedding: rows of the table, bit for bit") {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16}) {
    const Tensor table = test::random_tensor({7, 5}, dtype, "t");
    const Tensor y =
        kernels::embedding_forward(Tensor::of(std::vector<int64_t>{6, 0, 6}, {3}), table);
    CHECK(test::same_bits(y.rows(0, 1), table.rows(6, 7)));
    CHECK(test::same_bits(y.rows(1, 2), table.rows(0, 1)));
    CHECK(test::same_bits(y.rows(2, 3), table.rows(6, 7)));
  }
}

TEST_CASE("gradcheck: embedding") {
  struct Case {
    int64_t n, v, c;
  };
  for (const Case& s :
       {Case{1, 1, 1}, Case{17, 5, 3}, Case{33, 40, 2}, Case{9, 1, 17}, Case{0, 3, 2}}) {
    const Tensor ids = random_ids(s.n, s.v, "ids");
    const auto r =
        gradcheck([&](std::span<const Var> v) { return std::vector<Var>{embedding(ids, v[0])}; },
                  {random_f64({s.v, s.c}, "table")});
    CHECK_MESSAGE(r.worst < 1e-7, r.where);
  }
}

TEST_CASE("embedding: backward sums each row's occurrences in their order, for any chunking") {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const int64_t v : {int64_t{1}, int64_t{3}, int64_t{5000}}) {
      const int64_t N = 3000, C = 33;  // several chunks of the order
      const DType sums = kernels::accumulator_dtype(dtype);
      const Tensor ids = random_ids(N, v, "ids"), dy = test::random_tensor({N, C}, dtype, "dy");
      const Tensor before = test::random_tensor({v, C}, sums, "before");
      for (const bool accumulate : {false, true}) {
        Tensor expected = accumulate ? kernels::cast(before, sums) : Tensor::zeros({v, C}, sums);
        for (int64_t n = 0; n < N; ++n)
          kernels::cast_into(dy.rows(n, n + 1),
                             expected.rows(ids.data<int64_t>()[n], ids.data<int64_t>()[n] + 1),
                             true);
        const int threads = kernels::num_threads();
        for (const int t : {1, 2}) {
          kernels::set_num_threads(t);
          const Tensor got = kernels::cast(before, sums);
          kernels::embedding_backward(dy, ids, {got, accumulate});
          CHECK(test::same_bits(got, expected));
        }
        kernels::set_num_threads(threads);
      }
    }
}

TEST_CASE("embedding: an id outside the table is refused with its place") {
  const Tensor table = test::random_tensor({7, 5}, DType::f32, "t");
  for (const int64_t bad : {int64_t{7}, int64_t{-1}})
    CHECK_THROWS_WITH_AS(
        kernels::embedding_forward(Tensor::of(std::vector<int64_t>{0, bad}, {2}), table),
        doctest::Contains(
            ("id " + std::to_string(bad) + " at position 1 is outside the table of 7 rows")
                .c_str()),
        Error);
  CHECK_THROWS_WITH_AS(kernels::embedding_forward(Tensor::of(std::vector<int32_t>{0}, {1}), table),
                       doctest::Contains("ids must be contiguous int64 [N], got int32 [1]"), Error);
}

TEST_CASE("cuda: embedding matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const int64_t v : {int64_t{1}, int64_t{3}, int64_t{5000}})
      for (const auto& [N, C] :
           {std::pair<int64_t, int64_t>{0, 8}, {1, 1}, {500, 33}, {3000, 64}}) {
        const auto run = [&](const std::vector<Tensor>& t) {
          const DType sums = kernels::accumulator_dtype(dtype);
          const kernels::GradTarget fresh{Tensor::empty(t[0].shape(), sums, t[0].device())};
          const kernels::GradTarget more{kernels::cast(t[0], sums), true};
          kernels::embedding_backward(t[1], t[2], fresh);
          kernels::embedding_backward(t[1], t[2], more);
          return std::vector<Tensor>{kernels::embedding_forward(t[2], t[0]), fresh.tensor,
                                     more.tensor};
        };
        test::check_gpu_matches(std::to_string(v) + " rows",
                                {test::random_tensor({v, C}, dtype, "table"),
                                 test::random_tensor({N, C}, dtype, "dy"), random_ids(N, v, "ids")},
                                run);
      }
}

}  // namespace
}  // namespace hone
