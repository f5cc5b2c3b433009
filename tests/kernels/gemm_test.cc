// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/gemm.h"

#include <doctest/doctest.h>

#include <limits>

#include "kernels/core/parallel.h"
#include "tests/support/compare.h"

namespace hone {
namespace {

using kernels::gemm;
using kernels::Transpose;
using test::random_tensor;
using test::rel_err;

// alpha op(A) op(B) + beta C in double, element by element.
Tensor definition(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
                  double beta, const Tensor& c) {
  const Tensor x = kernels::cast(a, DType::f64), y = kernels::cast(b, DType::f64);
  Tensor z = kernels::cast(c, DType::f64);
  const int64_t K = x.dim(ta == Transpose::no ? 1 : 0);
  // Steps from element to element along the sum and along the result.
  const int64_t x_k = ta == Transpose::no ? 1 : x.dim(1), x_i = ta == Transpose::no ? x.dim(1) : 1;
  const int64_t y_k = tb == Transpose::no ? y.dim(1) : 1, y_j = tb == Transpose::no ? 1 : y.dim(1);
  for (int64_t i = 0; i < z.dim(0); ++i)
    for (int64_t j = 0; j < z.dim(1); ++j) {
      const double *row = x.data<double>() + i * x_i, *column = y.data<double>() + j * y_j;
      double sum = 0;
      for (int64_t k = 0; k < K; ++k) sum += row[k * x_k] * column[k * y_k];
      double& element = z.data<double>()[i * z.dim(1) + j];
      element = alpha * sum + (beta == 0 ? 0 : beta * element);
    }
  return z;
}

struct Case {
  DType in, out;
  double tolerance;
};
const Case kCases[] = {{DType::f64, DType::f64, 1e-13},
                       {DType::f32, DType::f32, 1e-6},
                       {DType::bf16, DType::bf16, 4e-3},
                       {DType::bf16, DType::f32, 1e-6}};

TEST_CASE("gemm: matches the definition for every transposition, dtype and odd shape") {
  struct Size {
    int64_t m, n, k;
  };
  for (const Case& t : kCases)
    for (const Size s :
         {Size{1, 1, 1}, {3, 17, 5}, {129, 33, 63}, {2, 300, 1}, {131, 257, 9}, {9, 11, 2050}})
      for (const Transpose ta : {Transpose::no, Transpose::yes})
        for (const Transpose tb : {Transpose::no, Transpose::yes}) {
          const Tensor a =
              random_tensor(ta == Transpose::no ? Shape{s.m, s.k} : Shape{s.k, s.m}, t.in, "a");
          const Tensor b =
              random_tensor(tb == Transpose::no ? Shape{s.k, s.n} : Shape{s.n, s.k}, t.in, "b");
          const Tensor c = random_tensor({s.m, s.n}, t.out, "c");
          const Tensor expected = definition(a, ta, b, tb, 0.5, -2, c);
          gemm(a, ta, b, tb, 0.5, -2, c);
          CHECK(rel_err(c, expected) < t.tolerance);
        }
}

TEST_CASE("gemm: rows may be strided, and what lies between them stays") {
  for (const Case& t : kCases) {
    const Tensor a = random_tensor({9, 20}, t.in, "a").narrow(1, 3, 11);
    const Tensor b = random_tensor({11, 30}, t.in, "b").narrow(1, 7, 13);
    const Tensor wide = random_tensor({9, 40}, t.out, "c");
    const Tensor before = kernels::cast(wide, t.out);
    const Tensor c = wide.narrow(1, 5, 13);
    const Tensor expected = definition(kernels::contiguous(a), Transpose::no,
                                       kernels::contiguous(b), Transpose::no, 1, 0, c);
    gemm(a, Transpose::no, b, Transpose::no, 1, 0, c);
    CHECK(rel_err(kernels::contiguous(c), expected) < t.tolerance);
    CHECK(test::same_bits(wide.narrow(1, 0, 5), before.narrow(1, 0, 5)));
    CHECK(test::same_bits(wide.narrow(1, 18, 22), before.narrow(1, 18, 22)));
  }
}

TEST_CASE("gemm: beta 0 ignores NaN, an empty sum leaves beta C, an empty result is fine") {
  for (const Case& t : kCases) {
    const Tensor a = random_tensor({3, 4}, t.in, "a"), b = random_tensor({4, 5}, t.in, "b");
    const Tensor c = random_tensor({3, 5}, t.out, "c");
    kernels::fill(c, std::numeric_limits<double>::quiet_NaN());
    gemm(a, Transpose::no, b, Transpose::no, 1, 0, c);
    const Tensor zeros = Tensor::zeros({3, 5}, t.out);
    CHECK(rel_err(c, definition(a, Transpose::no, b, Transpose::no, 1, 0, zeros)) < t.tolerance);

    const Tensor a0 = Tensor::empty({3, 0}, t.in), b0 = Tensor::empty({0, 5}, t.in);
    const Tensor half = kernels::scale(c, 0.5);
    gemm(a0, Transpose::no, b0, Transpose::no, 1, 0.5, c);
    CHECK(test::same_bits(c, half));
    gemm(a0, Transpose::no, b0, Transpose::no, 1, 0, c);
    CHECK(test::same_bits(c, zeros));
    CHECK(kernels::matmul(a.rows(0, 0), Transpose::no, b, Transpose::no).shape() == Shape{0, 5});
  }
}

TEST_CASE("gemm: the same bits for any number of threads") {
  for (const Case& t : kCases) {
    const Tensor a = random_tensor({300, 70}, t.in, "a"), b = random_tensor({600, 70}, t.in, "b");
    const int threads = kernels::num_threads();
    kernels::set_num_threads(1);
    const Tensor one = kernels::matmul(a, Transpose::no, b, Transpose::yes);
    kernels::set_num_threads(3);
    CHECK(test::same_bits(one, kernels::matmul(a, Transpose::no, b, Transpose::yes)));
    kernels::set_num_threads(threads);
  }
}

TEST_CASE("gemm: bad operands are refused with their shapes named") {
  const Tensor a = random_tensor({2, 8}, DType::f32, "a");
  CHECK_THROWS_WITH_AS(kernels::matmul(a, Transpose::no, a, Transpose::no),
                       doctest::Contains("[2, 8] x [2, 8] into [2, 8]"), Error);
  CHECK_THROWS_WITH_AS(
      kernels::matmul(a, Transpose::no, random_tensor({2, 8}, DType::bf16, "b"), Transpose::yes),
      doctest::Contains("float32 x bfloat16"), Error);
  const Tensor wide = random_tensor({2, 8}, DType::f64, "w");
  CHECK_THROWS_WITH_AS(
      gemm(wide, Transpose::no, wide, Transpose::yes, 1, 0, Tensor::empty({2, 2}, DType::f32)),
      doctest::Contains("float64 x float64 into float32"), Error);
}

}  // namespace
}  // namespace hone
