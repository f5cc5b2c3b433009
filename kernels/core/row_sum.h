// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The largest element and the sum of a row, a vector of elements at a time; the elements of the
// vector are then combined in halves. The compiler would make no vector instructions of a maximum
// over one variable, since that treats NaN otherwise, and add the elements of a vector one by one.
// For _cpu.cc files.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace hone::kernels {
namespace {

template <class A>
struct RowLanesOf {
  typedef A type __attribute__((vector_size(64)));
};
template <class A>
using RowLanes = typename RowLanesOf<A>::type;

// combine over x[0, n) and any number of times `neutral`. combine takes and returns vectors.
template <class A, class T, class Combine>
[[gnu::always_inline]] inline A reduce_row(const T* x, int64_t n, A neutral, Combine&& combine) {
  constexpr int64_t kLanes = 64 / sizeof(A);
  RowLanes<A> sums = RowLanes<A>{} + neutral;
  for (int64_t i = 0; i < n; i += kLanes) {
    RowLanes<A> v = RowLanes<A>{} + neutral;
    if constexpr (std::is_same_v<T, A>) {
      if (i + kLanes <= n)
        std::memcpy(&v, x + i, sizeof(v));
      else
        std::memcpy(&v, x + i, static_cast<size_t>(n - i) * sizeof(A));
    } else {
      for (int64_t l = 0; l < std::min(kLanes, n - i); ++l) v[l] = A(x[i + l]);
    }
    combine(sums, v);
  }
  typedef A Half __attribute__((vector_size(32)));
  typedef A Quarter __attribute__((vector_size(16)));
  Half halves[2];
  std::memcpy(halves, &sums, sizeof(sums));
  combine(halves[0], halves[1]);
  Quarter quarters[2];
  std::memcpy(quarters, halves, sizeof(quarters));
  combine(quarters[0], quarters[1]);
  A rest[16 / sizeof(A)];
  std::memcpy(rest, quarters, sizeof(rest));
  for (size_t l = 1; l < 16 / sizeof(A); ++l) combine(rest[0], rest[l]);
  return rest[0];
}

template <class A, class T>
A largest(const T* x, int64_t n, A least) {
  return reduce_row(x, n, least, [](auto& a, const auto& b) { a = a < b ? b : a; });
}

template <class A, class T>
A total(const T* x, int64_t n) {
  return reduce_row(x, n, A(0), [](auto& a, const auto& b) { a += b; });
}

}  // namespace
}  // namespace hone::kernels
