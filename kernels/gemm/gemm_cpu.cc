// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>
#include <algorithm>
#include <vector>

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

// A f32 copy of a bf16 matrix, rows contiguous.
Tensor widen(const Tensor& t) {
  Tensor wide = Tensor::empty(t.shape(), DType::f32);
  const int64_t columns = t.dim(1);
  parallel_for(t.dim(0), grain_for(columns), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const bf16* x = t.data<bf16>() + r * t.stride(0);
      float* y = wide.data<float>() + r * columns;
      for (int64_t j = 0; j < columns; ++j) y[j] = x[j];
    }
  });
  return wide;
}

void gemm_bf16(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
               double beta, const Tensor& c) {
  const Tensor wide_a = widen(a), wide_b = widen(b);
  const auto run = [&](double with_beta, const Tensor& into) {
    gemm_tiled<float>(matrix<const float>(wide_a), ta, matrix<const float>(wide_b), tb,
                      static_cast<float>(alpha), static_cast<float>(with_beta),
                      matrix<float>(into));
  };
  if (c.dtype() == DType::f32) return run(beta, c);
  const Tensor sums = beta != 0 ? widen(c) : Tensor::empty(c.shape(), DType::f32);
  run(beta, sums);
  for (int64_t r = 0; r < c.dim(0); ++r)
    for (int64_t j = 0; j < c.dim(1); ++j)
      c.data<bf16>()[r * c.stride(0) + j] = bf16(sums.data<float>()[r * c.dim(1) + j]);
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
  if (a.dtype() == DType::bf16) return gemm_bf16(a, ta, b, tb, alpha, beta, c);
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
