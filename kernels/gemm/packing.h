// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Operands as lines along k (the rows of op(A), the columns of op(B)), and their packing into
// panels, which a tile product reads from front to back:
//
//   panel[k * width + i] = element k of line i,      i < width
//
// Packing takes away transposition, strides and bf16; a panel stays in cache while it is used many
// times. Where a line's elements are together in memory, square blocks are transposed in registers;
// where those of one k are, they are copied.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/tile_product.h"

namespace hone::kernels {
namespace {

// Element k of line i is data[i * stride + k], or data[k * stride + i] for lines across memory.
template <class In>
struct Lines {
  const In* data;
  int64_t count;
  int64_t length;
  int64_t stride;
  bool across;

  const In* at(int64_t i, int64_t k) const {
    return data + (across ? k * stride + i : i * stride + k);
  }
  // Lines [begin, end).
  Lines slice(int64_t begin, int64_t end) const {
    return {at(begin, 0), end - begin, length, stride, across};
  }
};

template <class In>
Lines<In> rows_of(MatrixRef<const In> a, Transpose op) {
  if (op == Transpose::no) return {a.data, a.rows, a.columns, a.stride, false};
  return {a.data, a.columns, a.rows, a.stride, true};
}
template <class In>
Lines<In> columns_of(MatrixRef<const In> b, Transpose op) {
  return rows_of(b, op == Transpose::no ? Transpose::yes : Transpose::no);
}

// kLanes<T> elements, widened.
template <class T, class In>
Vector<T> load_as(const In* from) {
  if constexpr (std::is_same_v<T, In>) {
    return load(from);
  } else {
    static_assert(std::is_same_v<T, float> && std::is_same_v<In, bf16>);
    typedef uint16_t Narrow __attribute__((vector_size(kVectorBytes / 2)));
    Narrow narrow;
    std::memcpy(&narrow, from, sizeof(narrow));
    return reinterpret_cast<Vector<float>>(__builtin_convertvector(narrow, Vector<uint32_t>) << 16);
  }
}

// Swaps bit s of the row number with bit s of the lane, for a row without it and the row with it.
template <int s, class V, int... lane>
[[gnu::always_inline]] inline void exchange(V& low, V& high, std::integer_sequence<int, lane...>) {
  constexpr int n = sizeof...(lane);
  const V x = low, y = high;
  low = __builtin_shufflevector(x, y, (lane & s ? n + lane - s : lane)...);
  high = __builtin_shufflevector(x, y, (lane & s ? n + lane : lane + s)...);
}

// Transposes a square block: all bits of the row number swap places with those of the lane. These
// functions must be inlined for the block to stay in registers.
template <int s = 1, class V, int n>
[[gnu::always_inline]] inline void transpose(V (&rows)[n]) {
  if constexpr (s < n) {
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i)
      if (!(i & s)) exchange<s>(rows[i], rows[i + s], std::make_integer_sequence<int, n>());
    transpose<2 * s>(rows);
  }
}

// Calls f(d, v) for d = 0, 1, ... depth - 1, where v has element k + d of lines [first, first +
// kLanes), which lie along memory. Past the last line v repeats it: nobody reads what becomes of
// that.
template <class T, class In, class F>
[[gnu::always_inline]] inline void for_each_vector(const Lines<In>& x, int64_t first, int64_t k,
                                                   int64_t depth, F&& f) {
  constexpr int n = kLanes<T>;
  const In* line[n];
  for (int i = 0; i < n; ++i) line[i] = x.at(std::min(first + i, x.count - 1), k);
  int64_t d = 0;
  for (; d + n <= depth; d += n) {
    Vector<T> block[n];
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) block[i] = load_as<T>(line[i] + d);
    transpose(block);
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) f(d + i, block[i]);
  }
  for (; d < depth; ++d) {
    Vector<T> v = {};
    for (int i = 0; i < n; ++i) v[i] = static_cast<T>(line[i][d]);
    f(d, v);
  }
}

// Lines across memory, zeros past the last one.
template <int width, class T, class In>
void pack_across(const Lines<In>& x, int64_t first, int64_t k, int64_t depth, T* panel) {
  const In* from = x.at(first, k);
  const int64_t count = std::min<int64_t>(width, x.count - first);
  for (int64_t d = 0; d < depth; ++d, from += x.stride, panel += width) {
    if (count == width) {
      for (int i = 0; i < width; i += kLanes<T>) store(panel + i, load_as<T>(from + i));
    } else {
      for (int64_t i = 0; i < count; ++i) panel[i] = static_cast<T>(from[i]);
      std::fill(panel + count, panel + width, T(0));
    }
  }
}

// Elements [k, k + depth) of lines [first, first + width) as a panel.
template <int width, class T, class In>
void pack(const Lines<In>& x, int64_t first, int64_t k, int64_t depth, T* panel) {
  static_assert(width % kLanes<T> == 0);
  if (x.across) return pack_across<width>(x, first, k, depth, panel);
  for (int i = 0; i < width; i += kLanes<T>)
    for_each_vector<T>(x, first + i, k, depth,
                       [&](int64_t d, Vector<T> v) { store(panel + d * width + i, v); });
}

// Elements [k, k + depth) of lines along memory, line by line.
template <class T, class In>
void copy_lines(const Lines<In>& x, int64_t k, int64_t depth, T* to) {
  for (int64_t i = 0; i < x.count; ++i, to += depth) {
    const In* from = x.at(i, k);
    for (int64_t d = 0; d < depth; ++d) to[d] = static_cast<T>(from[d]);
  }
}

}  // namespace
}  // namespace hone::kernels
