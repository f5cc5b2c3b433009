// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// 4-bit codes in device code: their values, and the kernel that writes them out.
#pragma once

#include <algorithm>

#include "kernels/core/cuda/ftz.cuh"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/nf4/codebook.h"
#include "kernels/nf4/dynamic_map.h"
#include "tensor/quantized.h"

namespace hone::kernels {

// The codes' values and, with double quantisation, the 256 dynamic values. They travel with the launch;
// a block copies them to shared memory, where lanes look up different ones at once.
struct PackedTables {
  float values[16];
  float dynamic[256];

  static PackedTables of(const QuantizedTensor& q) {
    PackedTables t = {};
    std::copy(code_values(q.type).begin(), code_values(q.type).end(), t.values);
    std::copy(signed_dynamic_map().begin(), signed_dynamic_map().end(), t.dynamic);
    return t;
  }
  // To be called by all threads of a one-dimensional block, with a barrier after it.
  __device__ void load(const PackedTables& from) {
    for (unsigned i = threadIdx.x; i < 256; i += blockDim.x) dynamic[i] = from.dynamic[i];
    for (unsigned i = threadIdx.x; i < 16; i += blockDim.x) values[i] = from.values[i];
  }
};

// A QuantizedTensor in device code.
struct Packed {
  const uint8_t* codes;
  const float* absmax;     // null with double quantisation
  const uint8_t* absmax8;  // codes of absmax, else null
  const float *nested_absmax, *nested_offset;

  explicit Packed(const QuantizedTensor& q)
      : codes(q.codes.data<uint8_t>()),
        absmax(q.nested() ? nullptr : q.absmax.data<float>()),
        absmax8(q.nested() ? q.absmax.data<uint8_t>() : nullptr),
        nested_absmax(q.nested() ? q.nested_absmax.data<float>() : nullptr),
        nested_offset(q.nested() ? q.nested_offset.data<float>() : nullptr) {}

  // The scale of elements [64 block, 64 block + 64).
  __device__ float scale(const PackedTables& t, int64_t block) const {
    if (absmax) return absmax[block];
    const float scaled = multiply_ftz(t.dynamic[absmax8[block]],
                                      nested_absmax[block / QuantizedTensor::kNestedBlock]);
    return scaled + *nested_offset;
  }
  __device__ float element(const PackedTables& t, int64_t i) const {
    const int pair = codes[i / 2];
    return multiply_ftz(t.values[i % 2 == 0 ? pair >> 4 : pair & 15],
                        scale(t, i / QuantizedTensor::kBlock));
  }
};

constexpr int kDequantizeThreads = 256;
constexpr int kDequantizeElements = 8;  // of a thread, at a time
constexpr int kDequantizePasses = 4;    // so often: the tables are loaded once

// 8 elements from `at` on, a multiple of 8: all of one block.
template <class T>
__device__ Vec<T, kDequantizeElements> dequantized_vector(const Packed& packed,
                                                          const PackedTables& t, int64_t at) {
  const uint32_t codes = *reinterpret_cast<const uint32_t*>(packed.codes + at / 2);
  const float scale = packed.scale(t, at / QuantizedTensor::kBlock);
  Vec<T, kDequantizeElements> y;
#pragma unroll
  for (int k = 0; k < kDequantizeElements; k += 2) {
    const uint32_t pair = codes >> (4 * k) & 255;
    y[k] = narrow_to<T>(acc_t<T>(multiply_ftz(t.values[pair >> 4], scale)));
    y[k + 1] = narrow_to<T>(acc_t<T>(multiply_ftz(t.values[pair & 15], scale)));
  }
  return y;
}

// Pieces of n elements each, one after the other in `out`: those from begin on, or with ids piece
// ids[c] of the tensor cut into such pieces. kWhole: elements are read and written 8 at a time; every
// piece begins at a multiple of 8 and at an aligned place of out.
template <bool kWhole, class T>
__global__ void __launch_bounds__(kDequantizeThreads)
    dequantize_kernel(Packed packed, const __grid_constant__ PackedTables constants,
                      const int32_t* ids, int64_t begin, int64_t n, T* out) {
  __shared__ PackedTables t;
  t.load(constants);
  __syncthreads();  // the tables are there
  if (ids) begin = ids[blockIdx.y] * n;
  T* const to = out + blockIdx.y * n;
  const int64_t block = int64_t{blockIdx.x} * kDequantizePasses;
#pragma unroll
  for (int pass = 0; pass < kDequantizePasses; ++pass) {
    const int64_t first = ((block + pass) * kDequantizeThreads + threadIdx.x) * kDequantizeElements;
    if (kWhole && first + kDequantizeElements <= n) {
      store(to + first, dequantized_vector<T>(packed, t, begin + first));
      continue;
    }
    for (int64_t i = first; i < first + kDequantizeElements && i < n; ++i)
      to[i] = narrow_to<T>(acc_t<T>(packed.element(t, begin + i)));
  }
}

// `pieces` of n elements into out, as above; ids may be null.
template <class T>
void launch_dequantize(Cuda device, const QuantizedTensor& q, const int32_t* ids, int64_t begin,
                       int64_t n, int64_t pieces, const Tensor& out) {
  constexpr int kElements = kDequantizeElements;
  constexpr int kOfBlock = kDequantizeThreads * kElements * kDequantizePasses;
  const dim3 grid(grid_size(ceil_div(n, kOfBlock)), grid_size(pieces));
  const bool whole = begin % kElements == 0 && ((pieces == 1 && !ids) || n % kElements == 0) &&
                     are_vectors(kElements, kElements, {q.codes, out});
  const auto run = [&](auto kernel) {
    launch(device, kernel, grid, kDequantizeThreads, 0, Packed(q), PackedTables::of(q), ids, begin,
           n, out.data<T>());
  };
  if (whole)
    run(dequantize_kernel<true, T>);
  else
    run(dequantize_kernel<false, T>);
}

}  // namespace hone::kernels
