// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp for each row of W (multiply.cuh).
#include <algorithm>

#include "kernels/nf4/multiply.cuh"
#include "kernels/nf4/multiply.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block

template <class T>
struct Operands {
  const T* x;
  Packed w;
  T* y;
  int64_t x_stride, M, N, K;  // M <= kRows of the kernel
};

template <int kRows, bool kWhole, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    multiply_kernel(Operands<T> o, const __grid_constant__ PackedTables constants) {
  __shared__ PackedTables t;
  t.load(constants);
  __syncthreads();  // the tables are there
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (n >= o.N) return;  // all lanes
  acc_t<T> sums[kRows] = {};
  multiply_packed_row<kRows, kWhole>(o.x, o.x_stride, o.M, o.K, o.w, t, n * o.K, sums);
  if (threadIdx.x % kWarp != 0) return;
#pragma unroll
  for (int m = 0; m < kRows; ++m)
    if (m < o.M) o.y[m * o.N + n] = narrow_to<T>(sums[m]);
}

template <bool kWhole, class T>
void launch_multiply(Cuda device, const Operands<T>& o, const PackedTables& tables) {
  const auto run = [&](auto kernel) {
    launch(device, kernel, grid_size(ceil_div(o.N, kWarps)), kWarps * kWarp, 0, o, tables);
  };
  if (o.M == 1) return run(multiply_kernel<1, kWhole, T>);
  if (o.M <= 4) return run(multiply_kernel<4, kWhole, T>);
  run(multiply_kernel<kMultiply4BitRows, kWhole, T>);
}

}  // namespace

void multiply_4bit(Cuda device, const Tensor& x, const QuantizedTensor& w, const Tensor& y,
                   const Tensor&) {
  const PackedTables tables = PackedTables::of(w);
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t M = x.dim(0), K = x.dim(1), N = y.dim(1);
    const int64_t x_stride = M > 1 ? x.stride(0) : K;
    for (int64_t m = 0; m < M; m += kMultiply4BitRows) {
      const Operands<T> o = {.x = x.data<T>() + m * x_stride,
                             .w = Packed(w),
                             .y = y.data<T>() + m * N,
                             .x_stride = x_stride,
                             .M = std::min(kMultiply4BitRows, M - m),
                             .N = N,
                             .K = K};
      if (are_packed_rows(x, x_stride, w))
        launch_multiply<true>(device, o, tables);
      else
        launch_multiply<false>(device, o, tables);
    }
  });
}

}  // namespace hone::kernels
