// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A thread makes 8 elements (16 bytes of bf16) from 4 bytes of codes, all of one block of 64. The code's
// values and, with double quantisation, the 256 dynamic values lie in shared memory.
#include "kernels/core/cuda/ftz.cuh"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/nf4/codebook.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/dynamic_map.h"

namespace hone::kernels {
namespace {

constexpr int kThreads = 256;
constexpr int kElements = 8;  // of a thread

struct Tables {
  float values[16];
  float dynamic[256];
};

struct Operands {
  const uint8_t* codes;
  const float* absmax;     // null with double quantisation
  const uint8_t* absmax8;  // codes of absmax, else null
  const float *nested_absmax, *nested_offset;
  int64_t begin, n;  // elements [begin, begin + n) of the tensor
};

__device__ float absmax_of(const Operands& o, const Tables& t, int64_t block) {
  if (o.absmax) return o.absmax[block];
  const float scaled = multiply_ftz(t.dynamic[o.absmax8[block]],
                                    o.nested_absmax[block / QuantizedTensor::kNestedBlock]);
  return scaled + *o.nested_offset;
}

// kWhole: elements are read and written 8 at a time: begin is even and out is aligned.
template <bool kWhole, class T>
__global__ void __launch_bounds__(kThreads)
    dequantize_kernel(Operands o, const __grid_constant__ Tables constants, T* out) {
  __shared__ Tables t;
  for (int i = threadIdx.x; i < 256; i += kThreads) t.dynamic[i] = constants.dynamic[i];
  if (threadIdx.x < 16) t.values[threadIdx.x] = constants.values[threadIdx.x];
  __syncthreads();  // the tables are there
  const int64_t first = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * kElements;
  if (first >= o.n) return;
  const auto element = [&](int64_t i) {
    const int pair = o.codes[i / 2];
    const float value = t.values[i % 2 == 0 ? pair >> 4 : pair & 15];
    return narrow_to<T>(
        acc_t<T>(multiply_ftz(value, absmax_of(o, t, i / QuantizedTensor::kBlock))));
  };
  if (kWhole && first + kElements <= o.n &&
      (o.begin + first) / QuantizedTensor::kBlock ==
          (o.begin + first + kElements - 1) / QuantizedTensor::kBlock) {
    const int64_t i = o.begin + first;
    const float absmax = absmax_of(o, t, i / QuantizedTensor::kBlock);
    Vec<T, kElements> y;
#pragma unroll
    for (int k = 0; k < kElements; k += 2) {
      const int pair = o.codes[i / 2 + k / 2];
      y[k] = narrow_to<T>(acc_t<T>(multiply_ftz(t.values[pair >> 4], absmax)));
      y[k + 1] = narrow_to<T>(acc_t<T>(multiply_ftz(t.values[pair & 15], absmax)));
    }
    store(out + first, y);
    return;
  }
  for (int64_t i = first; i < first + kElements && i < o.n; ++i) out[i] = element(o.begin + i);
}

template <class T>
void launch_dequantize(Cuda device, const Operands& o, const Tables& t, const Tensor& out) {
  const unsigned blocks = grid_size(ceil_div(o.n, kThreads * kElements));
  if (o.begin % 2 == 0 && are_vectors(kElements, kElements, {out}))
    launch(device, dequantize_kernel<true, T>, blocks, kThreads, 0, o, t, out.data<T>());
  else
    launch(device, dequantize_kernel<false, T>, blocks, kThreads, 0, o, t, out.data<T>());
}

}  // namespace

void dequantize_4bit_range(Cuda device, const QuantizedTensor& q, int64_t begin,
                           const Tensor& out) {
  if (out.numel() == 0) return;
  Tables t = {};
  std::copy(code_values(q.type).begin(), code_values(q.type).end(), t.values);
  std::copy(signed_dynamic_map().begin(), signed_dynamic_map().end(), t.dynamic);
  const Operands o = {.codes = q.codes.data<uint8_t>(),
                      .absmax = q.nested() ? nullptr : q.absmax.data<float>(),
                      .absmax8 = q.nested() ? q.absmax.data<uint8_t>() : nullptr,
                      .nested_absmax = q.nested() ? q.nested_absmax.data<float>() : nullptr,
                      .nested_offset = q.nested() ? q.nested_offset.data<float>() : nullptr,
                      .begin = begin,
                      .n = out.numel()};
  if (out.dtype() == DType::f16) return launch_dequantize<f16>(device, o, t, out);
  visit_float(out.dtype(), [&]<class T>() { launch_dequantize<T>(device, o, t, out); });
}

}  // namespace hone::kernels
