// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp for each row of an expert's matrix and each position (nf4/multiply.cuh).
#include "kernels/core/cuda/documents.cuh"
#include "kernels/moe/multiply_4bit_experts.h"
#include "kernels/nf4/multiply.cuh"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block

template <class T>
struct Operands {
  const T* x;
  Packed stack;
  Documents experts;     // of the positions
  const int32_t* order;  // null: row p of x belongs to position p
  int64_t per_row;       // else row order[p] / per_row
  T* y;
  int64_t out, in;
};

template <bool kWhole, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    multiply_kernel(Operands<T> o, const __grid_constant__ PackedTables constants) {
  __shared__ PackedTables t;
  t.load(constants);
  __syncthreads();  // the tables are there
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp, p = blockIdx.y;
  if (n >= o.out) return;  // all lanes
  const int64_t expert = o.experts.index_of_end(p) - 1;
  const int64_t row = o.order ? o.order[p] / o.per_row : p;
  acc_t<T> sum[1] = {};
  multiply_packed_row<1, kWhole>(o.x + row * o.in, o.in, 1, o.in, o.stack, t,
                                 (expert * o.out + n) * o.in, sum);
  if (threadIdx.x % kWarp == 0) o.y[p * o.out + n] = narrow_to<T>(sum[0]);
}

}  // namespace

void multiply_4bit_experts(Cuda device, const Tensor& x, RowsBy x_by, const QuantizedTensor& stack,
                           const ExpertOrder& order, const Tensor& y, const Tensor&) {
  const int64_t positions = order.order.numel();
  if (positions == 0) return;
  visit_float(x.dtype(), [&]<class T>() {
    const Operands<T> o = {.x = x.data<T>(),
                           .stack = Packed(stack),
                           .experts = {order.offsets.data<int32_t>(), order.offsets.numel() - 1},
                           .order = x_by == RowsBy::expert ? nullptr : order.order.data<int32_t>(),
                           .per_row = x_by == RowsBy::token ? positions / x.dim(0) : 1,
                           .y = y.data<T>(),
                           .out = stack.shape[1],
                           .in = stack.shape[2]};
    const dim3 grid(grid_size(ceil_div(o.out, kWarps)), grid_size(positions));
    const auto run = [&](auto kernel) {
      launch(device, kernel, grid, kWarps * kWarp, 0, o, PackedTables::of(stack));
    };
    if (are_packed_rows(x, o.in, stack))
      run(multiply_kernel<true, T>);
    else
      run(multiply_kernel<false, T>);
  });
}

}  // namespace hone::kernels
