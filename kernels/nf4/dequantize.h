// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From 4-bit codes back to numbers.
//
//   absmax[b] = stored f32, or with double quantisation
//               dynamic value[code8[b]] * nested_absmax[b / 256] + offset        (f32, two
//               roundings)
//   y[i]      = T(code value[code[i]] * absmax[i / 64])        one f32 product, rounded once to T
//
//   codes u8, two elements a byte, the even one in the high bits -> y f32, f64, bf16 or f16
//   Subnormal products are zero, as on the GPU. Double-quantised scales are computed for the blocks
//   that are read and for no others; nothing of the whole tensor's size is allocated.
//   Reads n / 2 + n / 16 bytes (n / 64 with double quantisation), writes n * size_of(T).
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/quantized.h"

namespace hone::kernels {

// The whole tensor in q's shape. Errors: kInternal unless q's parts fit each other.
Tensor dequantize_4bit(const QuantizedTensor& q, DType dtype);

// Elements [begin, begin + out.numel()) of the flattened tensor into `out`. The range may start and
// end inside a block. Requires: out contiguous.
void dequantize_4bit_range(const QuantizedTensor& q, int64_t begin, const Tensor& out);

// n elements of T.
Cost dequantize_4bit_cost(int64_t n, DType t, bool nested);

// Requires: q's parts have the sizes and dtypes that its shape asks for.
void check_quantized(const QuantizedTensor& q);

template <Isa I>
void dequantize_4bit_range(Cpu<I>, const QuantizedTensor& q, int64_t begin, const Tensor& out);
void dequantize_4bit_range(Cuda, const QuantizedTensor& q, int64_t begin, const Tensor& out);

}  // namespace hone::kernels
