// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/gpu_math/gpu_math.h"
#include "kernels/nf4/codebook.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/dynamic_map.h"

namespace hone::kernels {
namespace {

constexpr int64_t kBlock = QuantizedTensor::kBlock;

float absmax_of(const QuantizedTensor& q, int64_t block) {
  if (!q.nested()) return q.absmax.data<float>()[block];
  const float value = signed_dynamic_map()[q.absmax.data<uint8_t>()[block]];
  const float scale = q.nested_absmax.data<float>()[block / QuantizedTensor::kNestedBlock];
  return gpu::multiply(value, scale) + *q.nested_offset.data<float>();
}

// Elements [begin, end) of the flattened tensor, all of one block.
template <class T>
void dequantize_block(const QuantizedTensor& q, int64_t begin, int64_t end, T* y) {
  const float absmax = absmax_of(q, begin / kBlock);
  const std::array<float, 16>& values = code_values(q.type);
  std::array<T, 16> scaled;
  for (size_t c = 0; c < scaled.size(); ++c) scaled[c] = T(gpu::multiply(values[c], absmax));
  const uint8_t* codes = q.codes.data<uint8_t>();
  for (int64_t i = begin; i < end; ++i) {
    const int pair = codes[i / 2];
    y[i - begin] = scaled[static_cast<size_t>(i % 2 == 0 ? pair >> 4 : pair & 15)];
  }
}

template <class T>
void dequantize(const QuantizedTensor& q, int64_t first, const Tensor& out) {
  const int64_t last = first + out.numel();
  const int64_t first_block = first / kBlock, end_block = (last + kBlock - 1) / kBlock;
  T* y = out.data<T>();
  parallel_for(end_block - first_block, grain_for(kBlock * 2), [&](int64_t begin, int64_t end) {
    for (int64_t b = first_block + begin; b < first_block + end; ++b) {
      const int64_t from = std::max(first, b * kBlock), to = std::min(last, (b + 1) * kBlock);
      dequantize_block(q, from, to, y + (from - first));
    }
  });
}

}  // namespace

template <Isa I>
void dequantize_4bit_range(Cpu<I>, const QuantizedTensor& q, int64_t begin, const Tensor& out) {
  if (out.numel() == 0) return;
  if (out.dtype() == DType::f16) return dequantize<f16>(q, begin, out);
  visit_float(out.dtype(), [&]<class T>() { dequantize<T>(q, begin, out); });
}

template void dequantize_4bit_range(Cpu<kIsa>, const QuantizedTensor&, int64_t, const Tensor&);

}  // namespace hone::kernels
