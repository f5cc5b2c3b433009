// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/gemm.h"

#include <doctest/doctest.h>

#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "kernels/core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

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

// Rows [begin, end) of op(t).
Tensor rows_of(const Tensor& t, Transpose op, int64_t begin, int64_t end) {
  return op == Transpose::no ? t.rows(begin, end) : t.narrow(1, begin, end - begin);
}
Transpose flip(Transpose op) { return op == Transpose::no ? Transpose::yes : Transpose::no; }

// Calls f(case, a, ta, b, tb) for every dtype and transposition of a product [M, K] x [K, N].
template <class F>
void for_each_form(int64_t M, int64_t N, int64_t K, F&& f) {
  for (const Case& t : kCases)
    for (const Transpose ta : {Transpose::no, Transpose::yes})
      for (const Transpose tb : {Transpose::no, Transpose::yes}) {
        CAPTURE(name_of(t.in));
        CAPTURE(static_cast<int>(ta));
        CAPTURE(static_cast<int>(tb));
        f(t, random_tensor(ta == Transpose::no ? Shape{M, K} : Shape{K, M}, t.in, "a"), ta,
          random_tensor(tb == Transpose::no ? Shape{K, N} : Shape{N, K}, t.in, "b"), tb);
      }
}

TEST_CASE("gemm: the bits of a block do not depend on the rest of the product") {
  // 700 terms are three chains; 300 rows and 1060 columns are several tiles and panels, and the
  // blocks below begin anywhere in them.
  const int64_t M = 300, N = 1060, K = 700;
  struct Block {
    int64_t i, rows, j, columns;
  };
  const Block blocks[] = {{0, 1, 0, N},    {299, 1, 0, N},   {137, 1, 517, 1},   {41, 2, 3, 9},
                          {5, 3, 500, 31}, {200, 7, 0, 16},  {90, 14, 1000, 32}, {13, 64, 100, 33},
                          {0, M, 700, 4},  {3, 257, 40, 17}, {250, 50, 1059, 1}, {100, 5, 8, 513}};
  for_each_form(
      M, N, K, [&](const Case& t, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb) {
        const Tensor before = random_tensor({M, N}, t.out, "c");
        const Tensor whole = kernels::cast(before, t.out);
        gemm(a, ta, b, tb, 0.7, -1.3, whole);
        for (const Block& block : blocks) {
          const auto part_of = [&](const Tensor& c) {
            return c.rows(block.i, block.i + block.rows).narrow(1, block.j, block.columns);
          };
          const Tensor c = kernels::cast(part_of(before), t.out);
          gemm(rows_of(a, ta, block.i, block.i + block.rows), ta,
               rows_of(b, flip(tb), block.j, block.j + block.columns), tb, 0.7, -1.3, c);
          CHECK(test::same_bits(c, part_of(whole)));
        }
      });
}

TEST_CASE("gemm: the bits do not depend on transpositions and strides") {
  for (const Case& t : kCases) {
    const Tensor a = random_tensor({45, 300}, t.in, "a"), b = random_tensor({300, 67}, t.in, "b");
    // Elements one by one into a matrix with rows 1024 elements apart.
    const auto turned = [&](const Tensor& x) {
      const Tensor y = random_tensor({x.dim(1), 1024}, t.in, "y").narrow(1, 7, x.dim(0));
      const int64_t bytes = size_of(t.in);
      for (int64_t i = 0; i < x.dim(0); ++i)
        for (int64_t j = 0; j < x.dim(1); ++j)
          std::copy_n(static_cast<const char*>(x.raw()) + (i * x.dim(1) + j) * bytes, bytes,
                      static_cast<char*>(y.raw()) + (j * 1024 + i) * bytes);
      return y;
    };
    const Tensor expected = kernels::matmul(a, Transpose::no, b, Transpose::no);
    for (const bool turn_a : {false, true})
      for (const bool turn_b : {false, true})
        CHECK(test::same_bits(
            kernels::matmul(turn_a ? turned(a) : a, turn_a ? Transpose::yes : Transpose::no,
                            turn_b ? turned(b) : b, turn_b ? Transpose::yes : Transpose::no),
            expected));
  }
}

// The chains that gemm.h describes.
template <class T>
T chained(const Tensor& a, const Tensor& b, int64_t i, int64_t j, bool fused) {
  T result = 0;
  for (int64_t k = 0; k < a.dim(1);) {
    T chain = 0;
    for (const int64_t end = std::min(k + 256, a.dim(1)); k < end; ++k) {
      const T x = a.data<T>()[i * a.dim(1) + k], y = b.data<T>()[j * b.dim(1) + k];
      chain = fused ? std::fma(x, y, chain) : x * y + chain;
    }
    result += chain;
  }
  return result;
}

TEST_CASE("gemm: every element is made of chains of 256 multiply-adds in ascending k") {
  const int64_t N = 70;
  // Fused or not, by instruction set and optimisation; but all of them or none.
  bool all_fused = true, none_fused = true;
  const auto compare = [&]<class T>(int64_t M, int64_t K) {
    const Tensor a = random_tensor({M, K}, dtype_of<T>, "a");
    const Tensor b = random_tensor({N, K}, dtype_of<T>, "b");
    const Tensor c = kernels::matmul(a, Transpose::no, b, Transpose::yes);
    for (int64_t i = 0; i < M; ++i)
      for (int64_t j = 0; j < N; ++j) {
        const T element = c.data<T>()[i * N + j];
        all_fused = all_fused && element == chained<T>(a, b, i, j, true);
        none_fused = none_fused && element == chained<T>(a, b, i, j, false);
      }
  };
  for (const int64_t M : {1, 3, 20})
    for (const int64_t K : {1, 40, 256, 257, 900}) {
      compare.operator()<float>(M, K);
      compare.operator()<double>(M, K);
    }
  CHECK(all_fused != none_fused);
}

TEST_CASE("gemm: large products agree with Eigen's") {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const int64_t M = 400, N = 700, K = 1300;
  const auto map = [](const Tensor& t) {
    return Eigen::Map<Matrix>(t.data<double>(), t.dim(0), t.dim(1));
  };
  const Tensor x = random_tensor({M, K}, DType::f64, "a"),
               y = random_tensor({N, K}, DType::f64, "b");
  const Tensor expected = Tensor::empty({M, N}, DType::f64);
  map(expected).noalias() = map(x) * map(y).transpose();
  CHECK(rel_err(kernels::matmul(x, Transpose::no, y, Transpose::yes), expected) < 1e-14);
  const Tensor narrow = kernels::matmul(kernels::cast(x, DType::f32), Transpose::no,
                                        kernels::cast(y, DType::f32), Transpose::yes);
  CHECK(rel_err(narrow, expected) < 5e-7);
}

TEST_CASE("gemm: the same bits for any number of threads") {
  const int threads = kernels::num_threads();
  for_each_form(300, 600, 70,
                [&](const Case&, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb) {
                  kernels::set_num_threads(1);
                  const Tensor one = kernels::matmul(a, ta, b, tb);
                  for (const int n : {2, 3}) {
                    kernels::set_num_threads(n);
                    CHECK(test::same_bits(one, kernels::matmul(a, ta, b, tb)));
                  }
                });
  kernels::set_num_threads(threads);
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

TEST_CASE("cuda: gemm matches the CPU") {
  if (!test::have_gpu()) return;
  struct GpuCase {
    int64_t m, n, k, pad;  // pad: elements between the rows
  };
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const GpuCase& c : {GpuCase{1, 1, 1, 0}, GpuCase{63, 17, 129, 0}, GpuCase{500, 128, 64, 8},
                             GpuCase{33, 500, 16, 3}, GpuCase{7, 9, 0, 0}, GpuCase{0, 4, 8, 0}})
      for (const Transpose ta : {Transpose::no, Transpose::yes})
        for (const Transpose tb : {Transpose::no, Transpose::yes})
          for (const DType out : {dtype, DType::f32}) {
            if (out != dtype && dtype != DType::bf16) continue;
            const auto shape = [&](int64_t r, int64_t k, Transpose op) {
              return op == Transpose::no ? Shape{r, k + c.pad} : Shape{k, r + c.pad};
            };
            const auto run = [&](const std::vector<Tensor>& t) {
              const Tensor a = t[0].narrow(1, 0, ta == Transpose::no ? c.k : c.m);
              const Tensor b = t[1].narrow(1, 0, tb == Transpose::no ? c.n : c.k);
              const Tensor sum = kernels::cast(t[2], out), fresh = Tensor::empty_like(sum);
              gemm(a, ta, b, tb, 0.5, 1, sum);
              gemm(a, ta, b, tb, 1, 0, fresh);
              return std::vector<Tensor>{sum, fresh};
            };
            test::check_gpu_matches(
                std::to_string(c.m) + " x " + std::to_string(c.n) + " x " + std::to_string(c.k),
                {random_tensor(shape(c.m, c.k, ta), dtype, "a"),
                 random_tensor(
                     tb == Transpose::no ? Shape{c.k, c.n + c.pad} : Shape{c.n, c.k + c.pad}, dtype,
                     "b"),
                 random_tensor({c.m, c.n}, dtype, "c")},
                run, 2);
          }
}

}  // namespace
}  // namespace hone
