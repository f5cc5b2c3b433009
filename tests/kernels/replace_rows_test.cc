// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/replace_rows/replace_rows.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/ops/replace_rows.h"
#include "autograd/ops/split_columns.h"
#include "autograd/tape.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;

Tensor row_numbers(const std::vector<int64_t>& rows) {
  return Tensor::of(rows, {static_cast<int64_t>(rows.size())});
}

TEST_CASE("replace_rows: the rows named get the values or zeros, the others stay, bit for bit") {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16}) {
    const Tensor before = random_tensor({5, 3}, dtype, "to"),
                 from = random_tensor({2, 3}, dtype, "v");
    for (const bool zeros : {false, true}) {
      const Tensor to = kernels::cast(before, dtype);
      kernels::replace_rows(row_numbers({4, 1}), zeros ? Tensor() : from, to);
      const Tensor zero = Tensor::zeros({1, 3}, dtype);
      CHECK(test::same_bits(to.rows(4, 5), zeros ? zero : from.rows(0, 1)));
      CHECK(test::same_bits(to.rows(1, 2), zeros ? zero : from.rows(1, 2)));
      CHECK(test::same_bits(to.rows(0, 1), before.rows(0, 1)));
      CHECK(test::same_bits(to.rows(2, 4), before.rows(2, 4)));
    }
  }
}

TEST_CASE("gradcheck: replace_rows") {
  for (const std::vector<int64_t>& rows :
       {std::vector<int64_t>{}, std::vector<int64_t>{2}, std::vector<int64_t>{6, 0, 3}}) {
    const int64_t m = static_cast<int64_t>(rows.size());
    const auto r = gradcheck(
        [&](std::span<const Var> v) {
          return std::vector<Var>{replace_rows(v[0], row_numbers(rows), v[1])};
        },
        {random_f64({7, 3}, "x"), random_f64({m, 3}, "values")});
    CHECK_MESSAGE(r.worst < 1e-7, r.where);
  }
}

TEST_CASE("gradcheck: split_columns") {
  // The views as tensors of their own, which gradcheck reads.
  const auto copy = [](const Var& x) {
    return replace_rows(x, row_numbers({}), Var(Tensor::zeros({0, x.dim(1)}, x.dtype())));
  };
  for (const bool all : {true, false}) {
    const auto r = gradcheck(
        [&](std::span<const Var> v) {
          std::vector<Var> parts = split_columns(v[0], 3);
          for (Var& part : parts) part = copy(part);
          return all ? parts : std::vector<Var>{parts[1]};
        },
        {random_f64({4, 6}, "x")});
    CHECK_MESSAGE(r.worst < 1e-7, r.where);
  }
  CHECK_THROWS_WITH_AS(split_columns(Var(random_f64({2, 4}, "x")), 3),
                       doctest::Contains("[2, 4] is not 3 parts side by side"), Error);
}

TEST_CASE("replace_rows: bad operands are refused with what was expected") {
  const Tensor to = random_f64({3, 2}, "to");
  CHECK_THROWS_WITH_AS(kernels::replace_rows(row_numbers({0, 3}), Tensor(), to),
                       doctest::Contains("rows[1] = 3 is outside the 3 rows"), Error);
  CHECK_THROWS_WITH_AS(kernels::replace_rows(row_numbers({0}), random_f64({2, 2}, "from"), to),
                       doctest::Contains("from [2, 2] float64 does not fit 1 rows of [3, 2]"),
                       Error);
}

TEST_CASE("cuda: replace_rows matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const int64_t c : {1, 17, 128})
      for (const std::vector<int64_t>& rows :
           {std::vector<int64_t>{}, std::vector<int64_t>{6, 0, 3}}) {
        const int64_t m = static_cast<int64_t>(rows.size());
        test::check_gpu_matches(name_of(dtype),
                                {row_numbers(rows), random_tensor({m, c}, dtype, "from"),
                                 random_tensor({7, c}, dtype, "to")},
                                [](const std::vector<Tensor>& t) {
                                  const Tensor to = kernels::cast(t[2], t[2].dtype()),
                                               zeroed = kernels::cast(t[2], t[2].dtype());
                                  kernels::replace_rows(t[0], t[1], to);
                                  kernels::replace_rows(t[0], Tensor(), zeroed);
                                  return std::vector<Tensor>{to, zeroed};
                                });
      }
}

}  // namespace
}  // namespace hone
