// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/indexed_rows.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/nf4/dequantize.cuh"
#include "kernels/nf4/e4m3.h"
#include "kernels/nf4/selective.h"
#include "kernels/nf4/stored_float.h"

namespace hone::kernels {
namespace {

constexpr int kThreads = 256;

int64_t elements_of_expert(const Tensor& stack) {
  return stack.dim(0) == 0 ? 0 : stack.numel() / stack.dim(0);
}

unsigned blocks_of(int64_t n) { return grid_size(ceil_div(n, kThreads)); }

__device__ int64_t thread_index() { return int64_t{blockIdx.x} * kThreads + threadIdx.x; }

// to[i] = from[index[i]], and `last` behind the n of them if it is not null.
__global__ void __launch_bounds__(kThreads)
    look_up_kernel(const int32_t* from, const int32_t* index, int64_t n, const int32_t* last,
                   int32_t* to) {
  const int64_t i = thread_index();
  if (i < n) to[i] = from[index[i]];
  if (i == n && last) to[n] = *last;
}

// out[c] is expert ids[c], or first + c without ids; n elements each.
template <class T>
__global__ void __launch_bounds__(kThreads)
    decode_fp8_kernel(const uint8_t* codes, const float* scale, const int32_t* ids, int64_t first,
                      int64_t n, int64_t elements, T* out) {
  const int64_t i = thread_index();
  if (i >= elements) return;
  const int64_t c = i / n, e = ids ? ids[c] : first + c;
  out[i] = narrow_to<T>(acc_t<T>(e4m3_value(codes[e * n + (i - c * n)]) * scale[e]));
}

void decode_fp8(Cuda device, const Fp8Experts& stack, const int32_t* ids, int64_t first,
                const Tensor& out) {
  const int64_t n = elements_of_expert(stack.codes);
  const auto run = [&]<class T>() {
    launch(device, decode_fp8_kernel<T>, blocks_of(out.numel()), kThreads, 0,
           stack.codes.data<uint8_t>(), stack.scale.data<float>(), ids, first, n, out.numel(),
           out.data<T>());
  };
  if (out.dtype() == DType::f16) return run.template operator()<f16>();
  visit_float(out.dtype(), run);
}

// A block for each expert.
template <class T>
__global__ void __launch_bounds__(kThreads)
    quantize_fp8_kernel(const T* x, int64_t n, uint8_t* codes, float* scales) {
  __shared__ float tops[kThreads / kWarp];
  const T* const from = x + blockIdx.x * n;
  float most = 0;
  for (int64_t i = threadIdx.x; i < n; i += kThreads) {
    const float size = fabsf(widen(from[i]));
    if (size > most) most = size;  // NaN never is
  }
  most = warp_max(most);
  if (threadIdx.x % kWarp == 0) tops[threadIdx.x / kWarp] = most;
  __syncthreads();  // the warps' maxima are there
  for (int w = 0; w < kThreads / kWarp; ++w) most = tops[w] > most ? tops[w] : most;
  const float scale = most > 0 ? most / kE4m3Max : 1.0f;
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
  for (int64_t i = threadIdx.x; i < n; i += kThreads)
    codes[blockIdx.x * n + i] = e4m3_code(widen(from[i]) / scale);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    scatter_kernel(const T* gradient, const int32_t* compact, int64_t n, int64_t elements,
                   bool accumulate, T* full) {
  const int64_t i = thread_index();
  if (i >= elements) return;
  const int64_t e = i / n, c = compact[e];
  const T before = accumulate ? full[i] : narrow_to<T>(0.f);
  if (c >= 0)
    full[i] = narrow_to<T>(widen(before) + widen(gradient[c * n + (i - e * n)]));
  else if (!accumulate)
    full[i] = before;
}

}  // namespace

void remap_expert_ids(Cuda device, const Tensor& ids, const Tensor& compact, const Tensor& out) {
  launch(device, look_up_kernel, blocks_of(ids.numel()), kThreads, 0, compact.data<int32_t>(),
         ids.data<int32_t>(), ids.numel(), nullptr, out.data<int32_t>());
}

void compact_offsets(Cuda device, const Tensor& offsets, const Tensor& ids, const Tensor& out) {
  const int32_t* const from = offsets.data<int32_t>();
  launch(device, look_up_kernel, blocks_of(ids.numel() + 1), kThreads, 0, from, ids.data<int32_t>(),
         ids.numel(), from + offsets.numel() - 1, out.data<int32_t>());
}

void gather_experts(Cuda device, const Tensor& dense, const Tensor& ids, const Tensor& out) {
  copy_indexed_rows(device, dense.raw(), out.raw(), ids.data<int32_t>(), ids.numel(),
                    elements_of_expert(dense) * size_of(dense.dtype()), IndexedRows::gather);
}

void gather_experts(Cuda device, const QuantizedTensor& stack, const Tensor& ids,
                    const Tensor& out) {
  if (out.numel() == 0) return;
  const auto run = [&]<class T>() {
    launch_dequantize<T>(device, stack, ids.data<int32_t>(), 0, out.numel() / ids.numel(),
                         ids.numel(), out);
  };
  if (out.dtype() == DType::f16) return run.template operator()<f16>();
  visit_float(out.dtype(), run);
}

void gather_experts(Cuda device, const Fp8Experts& stack, const Tensor& ids, const Tensor& out) {
  decode_fp8(device, stack, ids.data<int32_t>(), 0, out);
}

void dequantize_fp8_experts(Cuda device, const Fp8Experts& stack, int64_t begin,
                            const Tensor& out) {
  decode_fp8(device, stack, nullptr, begin, out);
}

void scatter_experts(Cuda device, const Tensor& gradient, const ActiveExperts& active,
                     const GradTarget& full) {
  visit_float(gradient.dtype(), [&]<class T>() {
    launch(device, scatter_kernel<T>, blocks_of(full.tensor.numel()), kThreads, 0,
           gradient.data<T>(), active.compact.data<int32_t>(), elements_of_expert(full.tensor),
           full.tensor.numel(), full.accumulate, full.tensor.data<T>());
  });
}

void quantize_fp8_experts(Cuda device, const Tensor& x, const Fp8Experts& out) {
  visit_stored_float(x.dtype(), [&]<class T>() {
    launch(device, quantize_fp8_kernel<T>, grid_size(x.dim(0)), kThreads, 0, x.data<T>(),
           elements_of_expert(x), out.codes.data<uint8_t>(), out.scale.data<float>());
  });
}

}  // namespace hone::kernels
