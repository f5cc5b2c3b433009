// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/gpu_math/gpu_math.h"
#include "kernels/nf4/codebook.h"
#include "kernels/nf4/dynamic_map.h"
#include "kernels/nf4/ordered_mean.h"
#include "kernels/nf4/quantize.h"
#include "kernels/nf4/stored_float.h"

namespace hone::kernels {
namespace {

constexpr int64_t kBlock = QuantizedTensor::kBlock;
constexpr int64_t kNested = QuantizedTensor::kNestedBlock;

// max |x| over `count` numbers, NaN and subnormals apart.
template <class T>
float absmax_of(const T* x, int64_t count) {
  float most = count < kBlock ? 0.0f : -std::numeric_limits<float>::max();  // short: padded with 0
  for (int64_t i = 0; i < count; ++i) {
    const float magnitude = std::abs(gpu::flush(static_cast<float>(x[i])));
    if (magnitude > most) most = magnitude;
  }
  return most;
}

template <class T>
void quantize_block(const T* x, int64_t count, QuantType type, uint8_t* codes, float* absmax) {
  *absmax = absmax_of(x, count);
  const float scale = gpu::reciprocal(*absmax);
  const auto code = [&](int64_t i) {
    const float normalised = gpu::multiply(i < count ? static_cast<float>(x[i]) : 0.0f, scale);
    return type == QuantType::nf4 ? nf4_code(normalised) : fp4_code(normalised);
  };
  for (int64_t i = 0; i < count; i += 2)
    codes[i / 2] = static_cast<uint8_t>((code(i) << 4) | code(i + 1));
}

}  // namespace

template <Isa I>
void quantize_blocks(Cpu<I>, const Tensor& x, QuantType type, const Tensor& codes,
                     const Tensor& absmax) {
  visit_stored_float(x.dtype(), [&]<class T>() {
    const int64_t n = x.numel();
    parallel_for(absmax.numel(), grain_for(kBlock * 8), [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b)
        quantize_block(x.data<T>() + b * kBlock, std::min(kBlock, n - b * kBlock), type,
                       codes.data<uint8_t>() + b * kBlock / 2, absmax.data<float>() + b);
    });
  });
}

template <Isa I>
void quantize_absmax(Cpu<I>, const Tensor& absmax, const QuantizedTensor& out, const Tensor&) {
  const int64_t blocks = absmax.numel();
  const float* a = absmax.data<float>();
  const DynamicMap& map = signed_dynamic_map();
  const float offset = blocks > 0 ? ordered_mean({a, static_cast<size_t>(blocks)}) : 0.0f;
  *out.nested_offset.data<float>() = offset;
  parallel_for(out.nested_absmax.numel(), grain_for(kNested * 16), [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      const int64_t first = c * kNested, last = std::min(blocks, first + kNested);
      float most = 0;
      for (int64_t b = first; b < last; ++b) {
        const float magnitude = std::abs(gpu::flush(a[b] - offset));
        if (magnitude > most) most = magnitude;
      }
      out.nested_absmax.data<float>()[c] = most;
      const float scale = gpu::reciprocal(most);
      for (int64_t b = first; b < last; ++b)
        out.absmax.data<uint8_t>()[b] = nearest_code(map, gpu::multiply(a[b] - offset, scale));
    }
  });
}

template void quantize_blocks(Cpu<kIsa>, const Tensor&, QuantType, const Tensor&, const Tensor&);
template void quantize_absmax(Cpu<kIsa>, const Tensor&, const QuantizedTensor&, const Tensor&);

}  // namespace hone::kernels
