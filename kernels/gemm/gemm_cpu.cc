// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0

// gcc 12 reports its own AVX-512 header where Eigen uses it, in builds that optimise less.
#pragma GCC diagnostic ignored "-Wuninitialized"

#include <Eigen/Core>
#include <algorithm>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels {
namespace {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Map = Eigen::Map<
    std::conditional_t<std::is_const_v<T>, const Matrix<std::remove_const_t<T>>, Matrix<T>>, 0,
    Eigen::OuterStride<>>;

template <class T>
Map<T> map(MatrixRef<T> m) {
  return Map<T>(m.data, m.rows, m.columns, Eigen::OuterStride<>(m.stride));
}

// Tiles of the result. Tall enough that packing the operands is paid back.
constexpr int64_t kTileRows = 128;
constexpr int64_t kTileColumns = 256;

template <class T>
MatrixRef<T> matrix(const Tensor& t) {
  return {t.data<std::remove_const_t<T>>(), t.dim(0), t.dim(1), t.stride(0)};
}

// Rows [begin, end) of op(x).
template <class T>
MatrixRef<T> slice(MatrixRef<T> x, Transpose op, int64_t begin, int64_t end) {
  if (op == Transpose::no) return {x.data + begin * x.stride, end - begin, x.columns, x.stride};
  return {x.data + begin, x.rows, end - begin, x.stride};
}
Transpose flip(Transpose op) { return op == Transpose::no ? Transpose::yes : Transpose::no; }

// Product of tiles, threads over tiles. Write(tile of sums, first row, first column) stores.
template <class T>
void gemm_tiled(MatrixRef<const T> a, Transpose ta, MatrixRef<const T> b, Transpose tb, T alpha,
                T beta, MatrixRef<T> c) {
  const int64_t tile_rows = (c.rows + kTileRows - 1) / kTileRows;
  const int64_t tile_columns = (c.columns + kTileColumns - 1) / kTileColumns;
  parallel_for(tile_rows * tile_columns, 1, [&](int64_t tile, int64_t) {
    const int64_t i = tile / tile_columns * kTileRows, j = tile % tile_columns * kTileColumns;
    const int64_t i_end = std::min(i + kTileRows, c.rows);
    const int64_t j_end = std::min(j + kTileColumns, c.columns);
    gemm_serial(Cpu<kIsa>{}, slice(a, ta, i, i_end), ta, slice(b, flip(tb), j, j_end), tb, alpha,
                beta, MatrixRef<T>{c.data + i * c.stride + j, i_end - i, j_end - j, c.stride});
  });
}

// Columns of K that a bf16 tile widens at a time: bounds the scratch, and the slabs stay in cache.
constexpr int64_t kSlab = 1024;

// Elements [i, i_end) x [k, k_end) of op(x), stored as in x.
template <class T>
MatrixRef<T> block(MatrixRef<T> x, Transpose op, int64_t i, int64_t i_end, int64_t k,
                   int64_t k_end) {
  const MatrixRef<T> s = slice(x, op, i, i_end);
  if (op == Transpose::no) return {s.data + k, s.rows, k_end - k, s.stride};
  return {s.data + k * s.stride, k_end - k, s.columns, s.stride};
}

// to = from, element by element with conversion; returns a packed view of `to`.
template <class From, class To>
MatrixRef<const To> convert(MatrixRef<From> from, MatrixRef<To> to) {
  for (int64_t r = 0; r < from.rows; ++r) {
    const From* x = from.data + r * from.stride;
    To* y = to.data + r * to.stride;
    for (int64_t j = 0; j < from.columns; ++j) y[j] = To(x[j]);
  }
  return {to.data, to.rows, to.columns, to.stride};
}

MatrixRef<const float> widen(MatrixRef<const bf16> from, float* to) {
  return convert(from, MatrixRef<float>{to, from.rows, from.columns, from.columns});
}

// bf16 operands are widened tile by tile: f32 copies of whole operands would take twice their
// memory, for every product.
void gemm_bf16(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, float alpha,
               float beta, const Tensor& c) {
  const auto A = matrix<const bf16>(a), B = matrix<const bf16>(b);
  const int64_t M = c.dim(0), N = c.dim(1), K = ta == Transpose::no ? a.dim(1) : a.dim(0);
  const int64_t tile_rows = (M + kTileRows - 1) / kTileRows;
  const int64_t tile_columns = (N + kTileColumns - 1) / kTileColumns;
  const int64_t m = std::min(M, kTileRows), n = std::min(N, kTileColumns), k = std::min(K, kSlab);
  const Tensor scratch = Tensor::empty({num_threads(), m * k + n * k + m * n}, DType::f32);
  parallel_for(tile_rows * tile_columns, 1, [&](int64_t tile, int64_t, int worker) {
    float* wide_a = scratch.data<float>() + worker * scratch.stride(0);
    float *wide_b = wide_a + m * k, *tile_sums = wide_b + n * k;
    const int64_t i = tile / tile_columns * kTileRows, j = tile % tile_columns * kTileColumns;
    const int64_t i_end = std::min(i + kTileRows, M), j_end = std::min(j + kTileColumns, N);
    const MatrixRef<float> sums = {tile_sums, i_end - i, j_end - j, j_end - j};
    const auto with_result = [&](auto&& f) {  // f(the tile of C)
      const int64_t at = i * c.stride(0) + j;
      if (c.dtype() == DType::f32)
        f(MatrixRef<float>{c.data<float>() + at, sums.rows, sums.columns, c.stride(0)});
      else
        f(MatrixRef<bf16>{c.data<bf16>() + at, sums.rows, sums.columns, c.stride(0)});
    };
    if (beta != 0) with_result([&](auto result) { convert(result, sums); });
    float keep = beta;
    for (int64_t from = 0; from < std::max<int64_t>(K, 1); from += kSlab) {
      const int64_t to = std::min(from + kSlab, K);
      gemm_serial(Cpu<kIsa>{}, widen(block(A, ta, i, i_end, from, to), wide_a), ta,
                  widen(block(B, flip(tb), j, j_end, from, to), wide_b), tb, alpha, keep, sums);
      keep = 1;
    }
    with_result([&](auto result) { convert(sums, result); });
  });
}

}  // namespace

template <Isa I, class T>
void gemm_serial(Cpu<I>, MatrixRef<const T> a, Transpose ta, MatrixRef<const T> b, Transpose tb,
                 T alpha, T beta, MatrixRef<T> c) {
  if (c.rows == 0 || c.columns == 0) return;
  Map<T> out = map(c);
  if (beta == T(0))
    out.setZero();
  else if (beta != T(1))
    out *= beta;
  if (a.rows == 0 || a.columns == 0) return;  // K = 0
  const auto A = map(a);
  const auto B = map(b);
  if (ta == Transpose::no && tb == Transpose::no)
    out.noalias() += alpha * A * B;
  else if (ta == Transpose::no)
    out.noalias() += alpha * A * B.transpose();
  else if (tb == Transpose::no)
    out.noalias() += alpha * A.transpose() * B;
  else
    out.noalias() += alpha * A.transpose() * B.transpose();
}

template <Isa I>
void gemm(Cpu<I>, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
          double beta, const Tensor& c) {
  if (a.dtype() == DType::bf16)
    return gemm_bf16(a, ta, b, tb, static_cast<float>(alpha), static_cast<float>(beta), c);
  visit_float(a.dtype(), [&]<class T>() {
    if constexpr (!std::is_same_v<T, bf16>)
      gemm_tiled<T>(matrix<const T>(a), ta, matrix<const T>(b), tb, static_cast<T>(alpha),
                    static_cast<T>(beta), matrix<T>(c));
  });
}

template void gemm(Cpu<kIsa>, const Tensor&, Transpose, const Tensor&, Transpose, double, double,
                   const Tensor&);
template void gemm_serial(Cpu<kIsa>, MatrixRef<const float>, Transpose, MatrixRef<const float>,
                          Transpose, float, float, MatrixRef<float>);
template void gemm_serial(Cpu<kIsa>, MatrixRef<const double>, Transpose, MatrixRef<const double>,
                          Transpose, double, double, MatrixRef<double>);

}  // namespace hone::kernels
