// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tensors of random numbers, drawn where they lie.            source: RandomStream (tensor/random.h)
//
//   fill_uniform:  t[i] = bound * (2 stream.uniform(i) - 1)       U(-bound, bound)
//   fill_normal:   t[i] = deviation * stream.normal(i)            N(0, deviation^2)
//
//   t [...] in f32, f64 or bf16; numbers are f32 and rounded once to the tensor's type. Uniform
//   numbers are the same bits on every device; of normal ones a few in a million differ in the last
//   place of f32, because the logarithm and the cosine are each device's own.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Requires: contiguous.
void fill_uniform(const Tensor& t, float bound, const RandomStream& stream);
void fill_normal(const Tensor& t, float deviation, const RandomStream& stream);

Cost random_fill_cost(int64_t n, DType t);

// Device implementations.
template <Isa I>
void fill_uniform(Cpu<I>, const Tensor& t, float bound, const RandomStream& stream);
template <Isa I>
void fill_normal(Cpu<I>, const Tensor& t, float deviation, const RandomStream& stream);
void fill_uniform(Cuda, const Tensor& t, float bound, const RandomStream& stream);
void fill_normal(Cuda, const Tensor& t, float deviation, const RandomStream& stream);

}  // namespace hone::kernels
