// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/serial_product.h"

namespace hone::kernels {
namespace {

template <class T>
MatrixRef<T> matrix(const Tensor& t) {
  return {t.data<std::remove_const_t<T>>(), t.dim(0), t.dim(1), t.stride(0)};
}

// to = from, element by element with conversion.
template <class From, class To>
void convert(MatrixRef<From> from, MatrixRef<To> to) {
  for (int64_t r = 0; r < from.rows; ++r) {
    const From* x = from.data + r * from.stride;
    To* y = to.data + r * to.stride;
    for (int64_t j = 0; j < from.columns; ++j) y[j] = To(x[j]);
  }
}

struct TileSize {
  int64_t rows, columns;
};

// What a thread takes at a time of C: much, to pack operands seldom, but little enough for every
// thread to have a few. It may depend on the number of threads, since no bit of C depends on it.
TileSize tile_size(int64_t M, int64_t N, int64_t K) {
  constexpr int64_t kRows = 256, kColumns = 512, kTilesPerThread = 3, kWorthATask = 1 << 18;
  const int64_t enough = num_threads() == 1 ? 1 : kTilesPerThread * num_threads();
  TileSize t{std::clamp<int64_t>(M, 1, kRows), std::clamp<int64_t>(N, 1, kColumns)};
  while (ceil_div(M, t.rows) * ceil_div(N, t.columns) < enough &&
         t.rows * t.columns * K >= 2 * kWorthATask) {
    int64_t& side = t.rows >= t.columns ? t.rows : t.columns;
    side = ceil_div(side, 2);
  }
  return t;
}

// Where C is narrower than the sums, a tile is summed in scratch and rounded once.
template <class In, class Out, class T = acc_t<In>>
void gemm_tiled(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, T alpha, T beta,
                const Tensor& c) {
  const Lines<In> rows = rows_of(matrix<const In>(a), ta);
  const Lines<In> columns = columns_of(matrix<const In>(b), tb);
  const MatrixRef<Out> C = matrix<Out>(c);
  const TileSize tile = tile_size(C.rows, C.columns, rows.length);
  const int64_t across = ceil_div(C.columns, tile.columns);
  Tensor scratch;
  if (!std::is_same_v<Out, T>)
    scratch = Tensor::empty({num_threads(), tile.rows * tile.columns}, dtype_of<T>);
  parallel_for(ceil_div(C.rows, tile.rows) * across, 1, [&](int64_t n, int64_t, int worker) {
    const int64_t i = n / across * tile.rows, i_end = std::min(i + tile.rows, C.rows);
    const int64_t j = n % across * tile.columns, j_end = std::min(j + tile.columns, C.columns);
    const MatrixRef<Out> part{C.data + i * C.stride + j, i_end - i, j_end - j, C.stride};
    const auto multiply_into = [&](MatrixRef<T> sums) {
      serial_product(rows.slice(i, i_end), columns.slice(j, j_end), alpha, beta, sums);
    };
    if constexpr (std::is_same_v<Out, T>) {
      multiply_into(part);
    } else {
      const MatrixRef<T> sums{scratch.data<T>() + worker * scratch.dim(1), part.rows, part.columns,
                              part.columns};
      if (beta != T(0)) convert(part, sums);
      multiply_into(sums);
      convert(sums, part);
    }
  });
}

}  // namespace

template <Isa I, class T>
void gemm_serial(Cpu<I>, MatrixRef<const T> a, Transpose ta, MatrixRef<const T> b, Transpose tb,
                 T alpha, T beta, MatrixRef<T> c) {
  serial_product(rows_of(a, ta), columns_of(b, tb), alpha, beta, c);
}

template <Isa I>
void gemm(Cpu<I>, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
          double beta, const Tensor& c) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const A x = static_cast<A>(alpha), y = static_cast<A>(beta);
    if (c.dtype() == a.dtype())
      gemm_tiled<T, T>(a, ta, b, tb, x, y, c);
    else
      gemm_tiled<T, A>(a, ta, b, tb, x, y, c);
  });
}

template void gemm(Cpu<kIsa>, const Tensor&, Transpose, const Tensor&, Transpose, double, double,
                   const Tensor&);
template void gemm_serial(Cpu<kIsa>, MatrixRef<const float>, Transpose, MatrixRef<const float>,
                          Transpose, float, float, MatrixRef<float>);
template void gemm_serial(Cpu<kIsa>, MatrixRef<const double>, Transpose, MatrixRef<const double>,
                          Transpose, double, double, MatrixRef<double>);

}  // namespace hone::kernels
