// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The innermost product: a tile of C that stays in registers while k runs.
//
//   C[r,c] = alpha * sum_k a[k,r] * b[k,c]  (+ C[r,c])
//
// For each k, one or two vectors of b are loaded; each a[k,r] is broadcast and multiplied into the
// sums of its row: 2 * rows multiply-adds for rows + 2 loads. The taller the tile, the fewer loads,
// until the sums, the vectors of b and the broadcast fill the registers. And a processor that
// starts two multiply-adds a cycle, each taking four, needs eight sums or more to stay busy.
//
//                 registers      rows x columns (f32)   sums
//   x86-64        16 of 128 bit        4 x 8              8    and the products: there is no FMA
//   x86-64-v3     16 of 256 bit        6 x 16            12
//   x86-64-v4     32 of 512 bit       14 x 32            28
//
// Each number of rows, and one vector or two, has its own code: what is not there costs nothing.
// Every sum is one chain of multiply-adds from zero in ascending k, fused where the processor can.
// The height of the tile and the place in it do not change a bit of it.
#pragma once

#include <array>
#include <cstring>
#include <utility>

#include "kernels/core/isa.h"
#include "kernels/gemm/tile_shape.h"

namespace hone::kernels {
namespace {

inline constexpr int kVectorBytes = tile_shape(kIsa).vector_bytes;
template <class T>
inline constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(kVectorBytes)));
};
template <class T>
using Vector = typename VectorOf<T>::type;

template <class T>
[[gnu::always_inline]] inline Vector<T> load(const T* from) {
  Vector<T> v;
  std::memcpy(&v, from, sizeof(v));
  return v;
}
template <class T>
[[gnu::always_inline]] inline void store(T* to, Vector<T> v) {
  std::memcpy(to, &v, sizeof(v));
}

// c = alpha * sum (+ c). Written so that there is one multiply-add to fuse, not a choice.
template <class T>
void store_scaled(T alpha, Vector<T> sum, bool add, T* c) {
  store(c, alpha * sum + (add ? load(c) : Vector<T>{}));
}

inline constexpr int kTileRows = tile_shape(kIsa).rows;
template <class T>
inline constexpr int kTileColumns = 2 * kLanes<T>;

// Where an operand's elements are: the steps to the next line (row of a, column of b) and next k.
template <class T>
struct Steps {
  const T* data;
  int64_t line, k;
};

// How many k ahead b is fetched into the cache: in a matrix that is not packed they are far apart.
inline constexpr int kPrefetch = 16;
inline constexpr int kCacheLine = 64;

// b.line is 1; the rows of c are `stride` apart.
template <class T, int rows, int vectors>
void tile_product(int64_t depth, const Steps<T>& a, const Steps<T>& b, T alpha, bool add, T* c,
                  int64_t stride) {
  constexpr int kVectorsPerLine = kCacheLine / kVectorBytes;
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; v += kVectorsPerLine)
      __builtin_prefetch(c + r * stride + v * kLanes<T>, 1);

  Vector<T> sums[rows][vectors] = {};
  // One pointer for three rows: there are not enough registers for fourteen.
  const T* row[(rows + 2) / 3];
#pragma GCC unroll 8
  for (int r = 0; r < rows; r += 3) row[r / 3] = a.data + r * a.line;
  const T* columns = b.data;
  for (int64_t k = 0, at = 0; k < depth; ++k, at += a.k, columns += b.k) {
    Vector<T> row_of_b[vectors];
    for (int v = 0; v < vectors; ++v) row_of_b[v] = load(columns + v * kLanes<T>);
    for (int v = 0; v < vectors; v += kVectorsPerLine)
      __builtin_prefetch(columns + kPrefetch * b.k + v * kLanes<T>);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const T element = row[r / 3][r % 3 * a.line + at];
      for (int v = 0; v < vectors; ++v) sums[r][v] += element * row_of_b[v];
    }
  }

#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r, c += stride)
    for (int v = 0; v < vectors; ++v) store_scaled(alpha, sums[r][v], add, c + v * kLanes<T>);
}

template <class T>
using TileProduct = void (*)(int64_t depth, const Steps<T>& a, const Steps<T>& b, T alpha, bool add,
                             T* c, int64_t stride);

// The code for 1 <= rows <= kTileRows and 1 <= columns <= kTileColumns.
template <class T>
TileProduct<T> tile_product_for(int64_t rows, int64_t columns) {
  constexpr auto by_rows = []<int vectors, int... r>(std::integer_sequence<int, r...>) {
    return std::array<TileProduct<T>, kTileRows>{tile_product<T, r + 1, vectors>...};
  };
  constexpr auto heights = std::make_integer_sequence<int, kTileRows>();
  static constexpr auto kOne = by_rows.template operator()<1>(heights);
  static constexpr auto kTwo = by_rows.template operator()<2>(heights);
  return (columns <= kLanes<T> ? kOne : kTwo)[static_cast<size_t>(rows - 1)];
}

}  // namespace
}  // namespace hone::kernels
