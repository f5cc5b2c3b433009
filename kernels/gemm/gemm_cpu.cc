// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/serial_product.h"
#include "kernels/gemm/tile_scratch.h"

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

// Where C is narrower than the sums, a tile is summed in scratch and rounded once.
template <class In, class Out, class T = acc_t<In>>
void gemm_tiled(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, T alpha, T beta,
                const Tensor& c, const Tensor& workspace) {
  constexpr bool kNarrow = !std::is_same_v<Out, T>;
  const Lines<In> rows = rows_of(matrix<const In>(a), ta);
  const Lines<In> columns = columns_of(matrix<const In>(b), tb);
  const MatrixRef<Out> C = matrix<Out>(c);
  const int64_t threads = std::min<int64_t>(num_threads(), workspace.dim(0));
  const TileSize tile = tile_size(C.rows, C.columns, rows.length, threads);
  const int64_t across = ceil_div(C.columns, tile.columns);
  const auto one_tile = [&](int64_t n, int64_t, int worker) {
    Scratch<T> buffer(worker_part<T>(workspace, worker));
    const TileScratch<T> scratch(buffer, C.rows, C.columns, rows.length, kNarrow);
    const int64_t i = n / across * tile.rows, i_end = std::min(i + tile.rows, C.rows);
    const int64_t j = n % across * tile.columns, j_end = std::min(j + tile.columns, C.columns);
    const MatrixRef<Out> part{C.data + i * C.stride + j, i_end - i, j_end - j, C.stride};
    const auto multiply_into = [&](MatrixRef<T> sums) {
      serial_product(rows.slice(i, i_end), columns.slice(j, j_end), alpha, beta, sums,
                     scratch.packed);
    };
    if constexpr (!kNarrow) {
      multiply_into(part);
    } else {
      const MatrixRef<T> sums{scratch.tile, part.rows, part.columns, part.columns};
      if (beta != T(0)) convert(part, sums);
      multiply_into(sums);
      convert(sums, part);
    }
  };
  parallel_for(ceil_div(C.rows, tile.rows) * across, 1, one_tile, workspace.dim(0));
}

}  // namespace

template <Isa I, class In, class T>
void gemm_serial(Cpu<I>, MatrixRef<const In> a, Transpose ta, MatrixRef<const In> b, Transpose tb,
                 T alpha, T beta, MatrixRef<T> c, T* scratch) {
  serial_product(rows_of(a, ta), columns_of(b, tb), alpha, beta, c, scratch);
}

template <Isa I>
void gemm(Cpu<I>, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
          double beta, const Tensor& c, const Tensor& workspace) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const A x = static_cast<A>(alpha), y = static_cast<A>(beta);
    if (c.dtype() == a.dtype())
      gemm_tiled<T, T>(a, ta, b, tb, x, y, c, workspace);
    else
      gemm_tiled<T, A>(a, ta, b, tb, x, y, c, workspace);
  });
}

template void gemm(Cpu<kIsa>, const Tensor&, Transpose, const Tensor&, Transpose, double, double,
                   const Tensor&, const Tensor&);
template void gemm_serial(Cpu<kIsa>, MatrixRef<const float>, Transpose, MatrixRef<const float>,
                          Transpose, float, float, MatrixRef<float>, float*);
template void gemm_serial(Cpu<kIsa>, MatrixRef<const bf16>, Transpose, MatrixRef<const bf16>,
                          Transpose, float, float, MatrixRef<float>, float*);
template void gemm_serial(Cpu<kIsa>, MatrixRef<const double>, Transpose, MatrixRef<const double>,
                          Transpose, double, double, MatrixRef<double>, double*);

}  // namespace hone::kernels
