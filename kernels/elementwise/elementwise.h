// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Fill, copy with conversion, and the few plain element-wise sums and products.
//
//   Each reads its inputs once and writes its output once: bandwidth bound. Math in f32 (f64 for
//   f64), one rounding.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// t = value. Requires: contiguous; f32, f64 or bf16.
void fill(const Tensor& t, double value);

// to = from, or to += from. Equal shapes; any of f32, f64, bf16 (and f16, without accumulate) on
// either side. The last dimension of both must be contiguous; the others may have any stride.
void cast_into(const Tensor& from, const Tensor& to, bool accumulate);
// A contiguous copy of t in another dtype.
Tensor cast(const Tensor& t, DType dtype);
// t itself if it is contiguous, otherwise a contiguous copy.
Tensor contiguous(const Tensor& t);

// a + b, a * b, a * factor. Requires: contiguous, equal shapes and dtypes.
Tensor add(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor scale(const Tensor& a, double factor);
// The factor is a scalar on the device, f32 (f64 for f64): a captured step is replayed with others.
Tensor scale(const Tensor& a, const Tensor& factor);

Cost add_cost(int64_t n, DType t);
Cost cast_cost(int64_t n, DType from, DType to);

// Device implementations.
template <Isa I>
void fill(Cpu<I>, const Tensor& t, double value);
template <Isa I>
void cast_into(Cpu<I>, const Tensor& from, const Tensor& to, bool accumulate);
template <Isa I>
void add(Cpu<I>, const Tensor& a, const Tensor& b, const Tensor& y);
template <Isa I>
void multiply(Cpu<I>, const Tensor& a, const Tensor& b, const Tensor& y);
template <Isa I>
void scale(Cpu<I>, const Tensor& a, double factor, const Tensor& y);
template <Isa I>
void scale(Cpu<I>, const Tensor& a, const Tensor& factor, const Tensor& y);
void fill(Cuda, const Tensor& t, double value);
void cast_into(Cuda, const Tensor& from, const Tensor& to, bool accumulate);
void add(Cuda, const Tensor& a, const Tensor& b, const Tensor& y);
void multiply(Cuda, const Tensor& a, const Tensor& b, const Tensor& y);
void scale(Cuda, const Tensor& a, double factor, const Tensor& y);
void scale(Cuda, const Tensor& a, const Tensor& factor, const Tensor& y);

}  // namespace hone::kernels
