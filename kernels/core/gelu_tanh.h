// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The tanh form of GELU, x s(x) with s = (1 + tanh a) / 2, for CPU and GPU. What needs e^x is theirs:
//   s = 1 / (1 + e^(-2 a))          d(x s)/dx = s + x s (1 - s) 2 a'
#pragma once

namespace hone::kernels {

inline constexpr double kGeluScale = 0.79788456080286535588;  // sqrt(2 / pi)
inline constexpr double kGeluCubic = 0.044715;

template <class A>
constexpr A gelu_a(A x) {
  return A(kGeluScale) * (x + A(kGeluCubic) * x * x * x);
}
// 2 a'(x).
template <class A>
constexpr A gelu_twice_slope(A x) {
  return A(2) * A(kGeluScale) * (A(1) + A(3) * A(kGeluCubic) * x * x);
}

}  // namespace hone::kernels
