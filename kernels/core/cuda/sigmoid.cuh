// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "kernels/core/dispatch.h"

namespace hone::kernels {

// 1 / (1 + e^-x) for an op on data of type T. Where the result is rounded to bf16, the hardware's
// exponential and quotient do: they are good to 2^-21.
template <class T>
__device__ inline acc_t<T> sigmoid(acc_t<T> x) {
  if constexpr (std::is_same_v<T, bf16>) return __fdividef(1.f, 1.f + __expf(-x));
  return acc_t<T>(1) / (acc_t<T>(1) + exp(-x));
}

}  // namespace hone::kernels
