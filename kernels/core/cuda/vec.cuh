// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Elements in device code: conversion, and several of them moved by one instruction.
#pragma once

#include <cuda_bf16.h>

#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "kernels/core/dispatch.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// To the type that sums are made in, exactly.
__device__ inline float widen(float x) { return x; }
__device__ inline double widen(double x) { return x; }
__device__ inline float widen(bf16 x) {
  return __uint_as_float(static_cast<uint32_t>(x.bits) << 16);
}
__device__ inline float widen(f16 x) { return static_cast<float>(x); }

// Rounded to T, to nearest even; T is float, double, bf16 or f16.
template <class T, class A>
__device__ inline T narrow_to(A x) {
  if constexpr (std::is_same_v<T, bf16>) {
    bf16 y;
    y.bits = __bfloat16_as_ushort(__float2bfloat16_rn(static_cast<float>(x)));
    return y;
  } else {
    return static_cast<T>(x);
  }
}

// The value of x after rounding it to T.
template <class T, class A>
__device__ inline acc_t<T> rounded(A x) {
  return widen(narrow_to<T>(x));
}

// W elements that lie side by side; loads and stores of up to 16 bytes are one instruction.
template <class T, int W>
struct alignas(sizeof(T) * W < 16 ? sizeof(T) * W : 16) Vec {
  T lane[W];
  __device__ T& operator[](int i) { return lane[i]; }
  __device__ const T& operator[](int i) const { return lane[i]; }
};

// How many T fill 16 bytes.
template <class T>
inline constexpr int kLanes = static_cast<int>(16 / sizeof(T));

// Requires: p is aligned to the vector.
template <int W, class T>
__device__ inline Vec<T, W> load(const T* p) {
  return *reinterpret_cast<const Vec<T, W>*>(p);
}
template <int W, class T>
__device__ inline void store(T* p, const Vec<T, W>& v) {
  *reinterpret_cast<Vec<T, W>*>(p) = v;
}

// Whether rows of `columns` elements, one after the other, are rows of aligned vectors of `width` in
// each tensor that is defined.
inline bool are_vectors(int width, int64_t columns, std::initializer_list<Tensor> tensors) {
  if (columns % width != 0) return false;
  for (const Tensor& t : tensors) {
    if (!t.defined()) continue;
    const int64_t bytes = width * size_of(t.dtype());
    if (reinterpret_cast<uintptr_t>(t.raw()) % static_cast<uintptr_t>(bytes < 16 ? bytes : 16) != 0)
      return false;
  }
  return true;
}

// An optional operand: the elements of a tensor, null where it is undefined.
template <class T>
T* data_or_null(const Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

}  // namespace hone::kernels
