// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/gemm.h"

#include "kernels/core/scratch.h"
#include "kernels/gemm/tile_scratch.h"

namespace hone::kernels {
namespace {

int64_t out_rows(const Tensor& t, Transpose op) { return t.dim(op == Transpose::no ? 0 : 1); }
int64_t out_columns(const Tensor& t, Transpose op) { return t.dim(op == Transpose::no ? 1 : 0); }

}  // namespace

void gemm(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha, double beta,
          const Tensor& c) {
  for (const Tensor* t : {&a, &b, &c})
    check(t->rank() == 2 && (t->dim(1) <= 1 || t->stride(1) == 1),
          "gemm: operands are matrices with contiguous columns, got ", t->shape());
  check(out_columns(a, ta) == out_rows(b, tb) && out_rows(a, ta) == c.dim(0) &&
            out_columns(b, tb) == c.dim(1),
        "gemm: ", a.shape(), ta == Transpose::yes ? "^T" : "", " x ", b.shape(),
        tb == Transpose::yes ? "^T" : "", " into ", c.shape());
  check(a.dtype() == b.dtype() &&
            (c.dtype() == a.dtype() || (a.dtype() == DType::bf16 && c.dtype() == DType::f32)),
        "gemm: ", name_of(a.dtype()), " x ", name_of(b.dtype()), " into ", name_of(c.dtype()));
  const GemmSize size{c.dim(0), c.dim(1), out_columns(a, ta), a.dtype(), c.dtype()};
  const Tensor workspace = gemm_workspace({&size, 1}, a.device());
  visit_device(a.device(),
               [&](auto device) { gemm(device, a, ta, b, tb, alpha, beta, c, workspace); });
}

Tensor gemm_workspace(std::span<const GemmSize> products, Device device) {
  constexpr int64_t kCublasBytes = 32 << 20;  // what cuBLAS recommends for Hopper
  if (is_gpu(device)) return scratch_tensor({kCublasBytes}, DType::u8, device);
  int64_t tiles = 0, elements = 0;
  DType dtype = DType::f32;
  for (const GemmSize& p : products) {
    const TileSize tile = tile_size(p.M, p.N, p.K, kMaxWorkers);
    tiles = std::max(tiles, ceil_div(p.M, tile.rows) * ceil_div(p.N, tile.columns));
    dtype = accumulator_dtype(p.in);
    visit_accumulator(p.in, [&]<class T>() {
      Scratch<T> counter;
      TileScratch<T>(counter, p.M, p.N, p.K, p.out != dtype);
      elements = std::max(elements, counter.used());
    });
  }
  return worker_scratch(tiles, elements, dtype, device);
}

Tensor matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb) {
  Tensor c = Tensor::empty({out_rows(a, ta), out_columns(b, tb)}, a.dtype(), a.device());
  gemm(a, ta, b, tb, 1, 0, c);
  return c;
}

Cost gemm_cost(int64_t m, int64_t n, int64_t k, DType in, DType out) {
  const double dm = static_cast<double>(m), dn = static_cast<double>(n),
               dk = static_cast<double>(k);
  return {(dm * dk + dk * dn) * size_of(in) + dm * dn * size_of(out), 2 * dm * dn * dk};
}

}  // namespace hone::kernels
