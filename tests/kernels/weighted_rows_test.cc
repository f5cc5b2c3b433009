// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/weighted_rows.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/weighted_rows/weighted_rows.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

// Ids in [0, v) with repetitions.
Tensor random_ids(const Shape& shape, int64_t v) {
  const RandomStream random(4, "ids");
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < shape.numel(); ++i)
    ids.push_back(
        static_cast<int64_t>(random.bits(static_cast<uint64_t>(i)) % static_cast<uint64_t>(v)));
  return Tensor::of(ids, shape);
}

struct Case {
  int64_t n, k, v, c;
};
const Case kCases[] = {{1, 1, 1, 1}, {17, 4, 5, 3}, {33, 2, 40, 8}, {9, 4, 1, 17}, {0, 4, 3, 2}};

TEST_CASE("weighted_rows: forward and backward match the definition") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}})
    for (const Case& s : {kCases[0], kCases[1], kCases[2], kCases[3], Case{5000, 4, 7, 3}}) {
      const Tensor ids = random_ids({s.n, s.k}, s.v);
      const Tensor w = test::random_tensor({s.n, s.k}, DType::f32, "w");
      const Tensor table = test::random_tensor({s.v, s.c}, dtype, "t"),
                   dy = test::random_tensor({s.n, s.c}, dtype, "dy");
      const Tensor t64 = kernels::cast(table, DType::f64), dy64 = kernels::cast(dy, DType::f64);
      const Tensor y = Tensor::zeros({s.n, s.c}, DType::f64),
                   dt = Tensor::zeros({s.v, s.c}, DType::f64);
      for (int64_t i = 0; i < s.n * s.k; ++i)
        for (int64_t c = 0; c < s.c; ++c) {
          const double weight = w.data<float>()[i];
          const int64_t row = ids.data<int64_t>()[i] * s.c + c, at = i / s.k * s.c + c;
          y.data<double>()[at] += weight * t64.data<double>()[row];
          dt.data<double>()[row] += weight * dy64.data<double>()[at];
        }
      CHECK(test::rel_err(kernels::weighted_rows_forward(ids, w, table), y) < tolerance);
      const Tensor sums = Tensor::zeros({s.v, s.c}, kernels::accumulator_dtype(dtype));
      kernels::weighted_rows_backward(dy, ids, w, {sums, false});
      CHECK(test::rel_err(sums, dt) < (dtype == DType::f64 ? 1e-13 : 1e-5));
      kernels::weighted_rows_backward(dy, ids, w, {sums, true});
      CHECK(test::rel_err(sums, kernels::scale(dt, 2)) < (dtype == DType::f64 ? 1e-13 : 1e-5));
    }
}

TEST_CASE("weighted_rows: a gradient of no rows is zero") {
  const Tensor sums = test::random_tensor({3, 2}, DType::f64, "before");
  kernels::weighted_rows_backward(Tensor::empty({0, 2}, DType::f64), random_ids({0, 4}, 3),
                                  Tensor::empty({0, 4}, DType::f32), {sums, false});
  CHECK(test::same_bits(sums, Tensor::zeros({3, 2}, DType::f64)));
}

TEST_CASE("gradcheck: weighted_rows") {
  for (const Case& s : kCases) {
    const Tensor ids = random_ids({s.n, s.k}, s.v);
    const Tensor w = test::random_tensor({s.n, s.k}, DType::f32, "w");
    const auto r = gradcheck(
        [&](std::span<const Var> v) { return std::vector<Var>{weighted_rows(ids, w, v[0])}; },
        {random_f64({s.v, s.c}, "table")});
    CHECK_MESSAGE(r.worst < 1e-7, r.where);
  }
}

TEST_CASE("weighted_rows: bad operands are refused with what was expected") {
  const Tensor table = random_f64({3, 2}, "t");
  CHECK_THROWS_WITH_AS(
      kernels::weighted_rows_forward(Tensor::of(std::vector<int64_t>{0, 3}, {1, 2}),
                                     Tensor::zeros({1, 2}, DType::f32), table),
      doctest::Contains("id 3 of row 0 is outside the table of 3 rows"), Error);
  CHECK_THROWS_WITH_AS(
      kernels::weighted_rows_forward(Tensor::of(std::vector<int64_t>{0, 1}, {1, 2}),
                                     Tensor::zeros({2, 2}, DType::f32), table),
      doctest::Contains("weights [2, 2] float32 must be contiguous float32 and like ids [1, 2]"),
      Error);
}

TEST_CASE("cuda: weighted_rows matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Case& s : {kCases[0], kCases[1], kCases[3], kCases[4], Case{5000, 4, 700, 64}})
      test::check_gpu_matches(
          name_of(dtype),
          {random_ids({s.n, s.k}, s.v), test::random_tensor({s.n, s.k}, DType::f32, "w"),
           test::random_tensor({s.v, s.c}, dtype, "t"),
           test::random_tensor({s.n, s.c}, dtype, "dy")},
          [](const std::vector<Tensor>& t) {
            const Tensor sums = Tensor::zeros(
                t[2].shape(), kernels::accumulator_dtype(t[2].dtype()), t[2].device());
            kernels::weighted_rows_backward(t[3], t[0], t[1], {sums, false});
            return std::vector<Tensor>{kernels::weighted_rows_forward(t[0], t[1], t[2]), sums};
          });
}

}  // namespace
}  // namespace hone
