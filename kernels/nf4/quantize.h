// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// 4-bit quantisation in blocks of 64, and of the blocks' scales in blocks of 256, equal to
// bitsandbytes' CUDA kernels byte for byte.
//                                              source: Dettmers et al. 2023, arXiv:2305.14314
//
//   absmax[b] = max |x| over block b               code[i] = nearest value to x[i] * (1 /
//   absmax[b]) With double quantisation, over the absmax values a of a nested block c: offset =
//   mean(absmax)      nested_absmax[c] = max |a - offset| code8[b] = nearest dynamic value to (a -
//   offset) * (1 / nested_absmax[c])
//
//   x [n elements] f32, bf16 or f16 -> codes u8 [ceil(n / 2), 1], absmax f32 or u8 [blocks]
//   Math in f32 with subnormals flushed; 1 / absmax is the GPU's approximate reciprocal
//   (kernels/gpu_math), the mean is summed in its order (ordered_mean.h): both decide codes.
//   Corner cases as there: a block of zeros (or subnormals) gets absmax 0 and code 0; NaN elements
//   do not count for absmax and get code 0; a block with absmax above 2^126 gets the code of zero.
//   Reads n * size_of(T), writes n / 2 + n / 16 bytes (n / 64 with double quantisation).
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/quantized.h"

namespace hone::kernels {

// nested: double quantisation. Requires: x contiguous, f32, bf16 or f16.
QuantizedTensor quantize_4bit(const Tensor& x, QuantType type, bool nested);

// n elements of T.
Cost quantize_4bit_cost(int64_t n, DType t, bool nested);

// Device implementations. absmax f32 [blocks].
template <Isa I>
void quantize_blocks(Cpu<I>, const Tensor& x, QuantType type, const Tensor& codes,
                     const Tensor& absmax);
void quantize_blocks(Cuda, const Tensor& x, QuantType type, const Tensor& codes,
                     const Tensor& absmax);
// Fills out.absmax, out.nested_absmax and out.nested_offset. sums: scratch f32 [blocks of
// ordered_mean_launch], undefined on the CPU.
template <Isa I>
void quantize_absmax(Cpu<I>, const Tensor& absmax, const QuantizedTensor& out, const Tensor& sums);
void quantize_absmax(Cuda, const Tensor& absmax, const QuantizedTensor& out, const Tensor& sums);

}  // namespace hone::kernels
