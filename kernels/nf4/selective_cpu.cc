// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/e4m3.h"
#include "kernels/nf4/selective.h"
#include "kernels/nf4/stored_float.h"

namespace hone::kernels {
namespace {

int64_t elements_of_expert(const Tensor& stack) {
  return stack.dim(0) == 0 ? 0 : stack.numel() / stack.dim(0);
}

// out[c] is expert expert_at(c).
template <class T, class F>
void decode_as(const Fp8Experts& stack, const Tensor& out, F&& expert_at) {
  const int64_t n = elements_of_expert(stack.codes);
  parallel_for(out.dim(0), grain_for(n), [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      const int64_t e = expert_at(c);
      const float scale = stack.scale.data<float>()[e];
      const uint8_t* code = stack.codes.data<uint8_t>() + e * n;
      T* y = out.data<T>() + c * n;
      for (int64_t i = 0; i < n; ++i) y[i] = T(e4m3_value(code[i]) * scale);
    }
  });
}

template <class F>
void decode_experts(const Fp8Experts& stack, const Tensor& out, F&& expert_at) {
  if (out.dtype() == DType::f16) return decode_as<f16>(stack, out, expert_at);
  visit_float(out.dtype(), [&]<class T>() { decode_as<T>(stack, out, expert_at); });
}

}  // namespace

template <Isa I>
void remap_expert_ids(Cpu<I>, const Tensor& ids, const Tensor& compact, const Tensor& out) {
  for (int64_t i = 0; i < ids.numel(); ++i)
    out.data<int32_t>()[i] = compact.data<int32_t>()[ids.data<int32_t>()[i]];
}

template <Isa I>
void compact_offsets(Cpu<I>, const Tensor& offsets, const Tensor& ids, const Tensor& out) {
  const int32_t* from = offsets.data<int32_t>();
  const int64_t count = ids.numel();
  for (int64_t c = 0; c < count; ++c) out.data<int32_t>()[c] = from[ids.data<int32_t>()[c]];
  out.data<int32_t>()[count] = from[offsets.numel() - 1];
}

template <Isa I>
void gather_experts(Cpu<I>, const Tensor& dense, const Tensor& ids, const Tensor& out) {
  const int64_t bytes = elements_of_expert(dense) * size_of(dense.dtype());
  if (bytes == 0) return;
  const auto* from = static_cast<const std::byte*>(dense.raw());
  auto* to = static_cast<std::byte*>(out.raw());
  parallel_for(ids.numel(), grain_for(bytes), [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c)
      std::memcpy(to + c * bytes, from + ids.data<int32_t>()[c] * bytes,
                  static_cast<size_t>(bytes));
  });
}

template <Isa I>
void gather_experts(Cpu<I> device, const QuantizedTensor& stack, const Tensor& ids,
                    const Tensor& out) {
  const int64_t n = ids.numel() == 0 ? 0 : out.numel() / ids.numel();
  for (int64_t c = 0; c < ids.numel(); ++c)
    dequantize_4bit_range(device, stack, ids.data<int32_t>()[c] * n, out.rows(c, c + 1));
}

template <Isa I>
void gather_experts(Cpu<I>, const Fp8Experts& stack, const Tensor& ids, const Tensor& out) {
  decode_experts(stack, out, [id = ids.data<int32_t>()](int64_t c) { return int64_t{id[c]}; });
}

template <Isa I>
void dequantize_fp8_experts(Cpu<I>, const Fp8Experts& stack, int64_t first, const Tensor& out) {
  decode_experts(stack, out, [first](int64_t c) { return first + c; });
}

template <Isa I>
void scatter_experts(Cpu<I>, const Tensor& gradient, const ActiveExperts& active,
                     const GradTarget& full) {
  visit_float(gradient.dtype(), [&]<class T>() {
    const int64_t n = elements_of_expert(full.tensor);
    parallel_for(full.tensor.dim(0), grain_for(n), [&](int64_t begin, int64_t end) {
      for (int64_t e = begin; e < end; ++e) {
        const int64_t c = active.compact.data<int32_t>()[e];
        T* to = full.tensor.data<T>() + e * n;
        const T* from = c < 0 ? nullptr : gradient.data<T>() + c * n;
        if (!full.accumulate) std::fill(to, to + n, T(0.0f));
        for (int64_t i = 0; from && i < n; ++i) to[i] = T(to[i] + from[i]);
      }
    });
  });
}

template <Isa I>
void quantize_fp8_experts(Cpu<I>, const Tensor& x, const Fp8Experts& out) {
  visit_stored_float(x.dtype(), [&]<class T>() {
    const int64_t n = elements_of_expert(x);
    parallel_for(x.dim(0), grain_for(n * 4), [&](int64_t begin, int64_t end) {
      for (int64_t e = begin; e < end; ++e) {
        const T* from = x.data<T>() + e * n;
        float most = 0;
        for (int64_t i = 0; i < n; ++i)
          most = std::max(most, std::abs(static_cast<float>(from[i])));
        const float scale = most > 0 ? most / kE4m3Max : 1.0f;
        out.scale.data<float>()[e] = scale;
        uint8_t* codes = out.codes.data<uint8_t>() + e * n;
        for (int64_t i = 0; i < n; ++i) codes[i] = e4m3_code(static_cast<float>(from[i]) / scale);
      }
    });
  });
}

template void remap_expert_ids(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void compact_offsets(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void gather_experts(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void gather_experts(Cpu<kIsa>, const QuantizedTensor&, const Tensor&, const Tensor&);
template void gather_experts(Cpu<kIsa>, const Fp8Experts&, const Tensor&, const Tensor&);
template void dequantize_fp8_experts(Cpu<kIsa>, const Fp8Experts&, int64_t, const Tensor&);
template void scatter_experts(Cpu<kIsa>, const Tensor&, const ActiveExperts&, const GradTarget&);
template void quantize_fp8_experts(Cpu<kIsa>, const Tensor&, const Fp8Experts&);

}  // namespace hone::kernels
