// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp takes a block of 64 elements, two of them a lane, which become one byte of codes. Scales: a
// thread for each, a block of threads for the 256 that share a nested scale.
#include <algorithm>
#include <limits>

#include "kernels/core/cuda/ftz.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/nf4/codebook.h"
#include "kernels/nf4/dynamic_map.h"
#include "kernels/nf4/nearest_code.cuh"
#include "kernels/nf4/ordered_mean.cuh"
#include "kernels/nf4/quantize.h"
#include "kernels/nf4/stored_float.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block
constexpr int kBlock = static_cast<int>(QuantizedTensor::kBlock);
constexpr int kNested = static_cast<int>(QuantizedTensor::kNestedBlock);
static_assert(kBlock == 2 * kWarp);

// codebook.h's thresholds; its arrays are the host's.
struct Thresholds {
  float nf4[15], fp4[7];
  uint32_t fp4_ascending;  // four bits a rank

  Thresholds() : fp4_ascending(0) {
    std::copy(kNf4Thresholds.begin(), kNf4Thresholds.end(), nf4);
    std::copy(kFp4Thresholds.begin(), kFp4Thresholds.end(), fp4);
    for (size_t rank = 0; rank < kFp4Ascending.size(); ++rank)
      fp4_ascending |= uint32_t{kFp4Ascending[rank]} << (4 * rank);
  }
};

// nf4_code and fp4_code.
template <QuantType kType>
__device__ unsigned code_of(const Thresholds& t, float x) {
  unsigned rank = 0;
  if constexpr (kType == QuantType::nf4) {
#pragma unroll
    for (int i = 0; i < 15; ++i) rank += x > t.nf4[i];
    return rank;
  } else {
#pragma unroll
    for (int i = 0; i < 7; ++i) rank += fabsf(x) > t.fp4[i];
    return (t.fp4_ascending >> (4 * rank) & 15) | (x < 0 ? 8u : 0u);
  }
}

template <QuantType kType, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    quantize_kernel(const T* x, int64_t n, const __grid_constant__ Thresholds t, uint8_t* codes,
                    float* absmax) {
  const int64_t block = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (block * kBlock >= n) return;  // all lanes
  const int64_t i = block * kBlock + 2 * (threadIdx.x % kWarp);
  const float even = i < n ? widen(x[i]) : 0.f, odd = i + 1 < n ? widen(x[i + 1]) : 0.f;
  // NaN is never larger. A short block is padded with zeros.
  float most = (block + 1) * kBlock > n ? 0.f : -std::numeric_limits<float>::max();
  const float even_size = fabsf(flush_ftz(even)), odd_size = fabsf(flush_ftz(odd));
  if (even_size > most) most = even_size;
  if (odd_size > most) most = odd_size;
  most = warp_max(most);
  if (threadIdx.x % kWarp == 0) absmax[block] = most;
  if (i >= n) return;
  const float scale = reciprocal_ftz(most);
  const unsigned high = code_of<kType>(t, multiply_ftz(even, scale));
  const unsigned low = code_of<kType>(t, multiply_ftz(odd, scale));
  codes[i / 2] = static_cast<uint8_t>(high << 4 | low);
}

struct DynamicValues {
  float map[256];
};

__global__ void __launch_bounds__(kNested)
    quantize_absmax_kernel(const float* absmax, int64_t blocks, const float* offset,
                           const __grid_constant__ DynamicValues values, uint8_t* codes,
                           float* nested_absmax) {
  __shared__ float map[256], tops[kNested / kWarp];
  map[threadIdx.x] = values.map[threadIdx.x];
  const int64_t b = int64_t{blockIdx.x} * kNested + threadIdx.x;
  const float centred = b < blocks ? absmax[b] - *offset : 0.f;
  const float size = fabsf(flush_ftz(centred));
  const float warp_top = warp_max(size > 0 ? size : 0.f);  // NaN is never larger
  if (threadIdx.x % kWarp == 0) tops[threadIdx.x / kWarp] = warp_top;
  __syncthreads();  // the map and the warps' maxima are there
  float most = 0;
  for (int w = 0; w < kNested / kWarp; ++w) most = tops[w] > most ? tops[w] : most;
  if (threadIdx.x == 0) nested_absmax[blockIdx.x] = most;
  if (b < blocks) codes[b] = nearest(map, multiply_ftz(centred, reciprocal_ftz(most)));
}

}  // namespace

void quantize_blocks(Cuda device, const Tensor& x, QuantType type, const Tensor& codes,
                     const Tensor& absmax) {
  visit_stored_float(x.dtype(), [&]<class T>() {
    const auto run = [&](auto kernel) {
      launch(device, kernel, grid_size(ceil_div(absmax.numel(), kWarps)), kWarps * kWarp, 0,
             x.data<T>(), x.numel(), Thresholds(), codes.data<uint8_t>(), absmax.data<float>());
    };
    if (type == QuantType::nf4)
      run(quantize_kernel<QuantType::nf4, T>);
    else
      run(quantize_kernel<QuantType::fp4, T>);
  });
}

void quantize_absmax(Cuda device, const Tensor& absmax, const QuantizedTensor& out,
                     const Tensor& sums) {
  const int64_t blocks = absmax.numel();
  float* const offset = out.nested_offset.data<float>();
  if (blocks == 0) {
    out.nested_offset.set_item(0.0f);
    return;
  }
  ordered_mean(device, absmax.data<float>(), blocks, sums.data<float>(), offset);
  DynamicValues values = {};
  std::copy(signed_dynamic_map().begin(), signed_dynamic_map().end(), values.map);
  launch(device, quantize_absmax_kernel, grid_size(ceil_div(blocks, kNested)), kNested, 0,
         absmax.data<float>(), blocks, offset, values, out.absmax.data<uint8_t>(),
         out.nested_absmax.data<float>());
}

}  // namespace hone::kernels
