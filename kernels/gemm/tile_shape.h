// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The shapes that matrix products on the CPU are made of, and the scratch memory they come to.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/ceil_div.h"
#include "kernels/core/dispatch.h"

namespace hone::kernels {

// Terms in a chain of multiply-adds. Short chains round less than one along all of K would: errors
// grow like the root of their length. Long ones touch C less often.
inline constexpr int64_t kChain = 256;

// The tile of C that stays in registers (tile_product.h): rows, and two vectors of columns. A packed
// panel of rows has panel_rows from one k to the next: whole vectors that hold the rows.
struct TileShape {
  int vector_bytes;
  int rows;
  int panel_rows;
};
constexpr TileShape tile_shape(Isa isa) {
  return isa == Isa::v4   ? TileShape{64, 14, 16}
         : isa == Isa::v3 ? TileShape{32, 6, 8}
                          : TileShape{16, 4, 4};
}

// One thread packs 256 lines of f32 and a panel of columns at most: they stay in an L2 cache.
template <class T>
inline constexpr int64_t kMostScratch = (int64_t{360} << 10) / static_cast<int64_t>(sizeof(T));

// C^T is computed instead of C [m, n] where that fills vectors of `lanes` elements better; there must
// be something to gain, since a turned C is not written in whole vectors. Then n < 4 (lanes - 1).
constexpr bool turned_product(int64_t m, int64_t n, int64_t lanes) {
  return 5 * n * ceil_div(m, lanes) < 4 * m * ceil_div(n, lanes);
}

// Elements of T that gemm_serial needs as scratch, aligned to 64 bytes, for [m, k] x [k, n] and
// anything smaller: the most of all instruction sets.
template <class T>
constexpr int64_t gemm_scratch(int64_t m, int64_t n, int64_t k) {
  const int64_t depth = std::clamp<int64_t>(k, 1, kChain);
  int64_t most = 0;
  for (const Isa isa : {Isa::v1, Isa::v3, Isa::v4}) {
    const TileShape tile = tile_shape(isa);
    const int64_t lanes = tile.vector_bytes / static_cast<int64_t>(sizeof(T));
    const int64_t lines = std::max(m, std::min(n, 4 * lanes));  // of C, or of C^T
    most = std::max(most, (ceil_div(lines, tile.rows) * tile.panel_rows + 2 * lanes) * depth);
  }
  return std::min(most, kMostScratch<T>);
}

// What a thread takes at a time of C [M, N]: much, to pack operands seldom, but little enough for
// every thread to have a few. It may depend on the number of threads, since no bit of C depends on
// it.
struct TileSize {
  static constexpr int64_t kRows = 256, kColumns = 512;
  int64_t rows, columns;
};
inline TileSize tile_size(int64_t M, int64_t N, int64_t K, int64_t threads) {
  constexpr int64_t kTilesPerThread = 3, kWorthATask = 1 << 18;
  const int64_t enough = threads == 1 ? 1 : kTilesPerThread * threads;
  TileSize t{std::clamp<int64_t>(M, 1, TileSize::kRows),
             std::clamp<int64_t>(N, 1, TileSize::kColumns)};
  while (ceil_div(M, t.rows) * ceil_div(N, t.columns) < enough &&
         t.rows * t.columns * K >= 2 * kWorthATask) {
    int64_t& side = t.rows >= t.columns ? t.rows : t.columns;
    side = ceil_div(side, 2);
  }
  return t;
}

}  // namespace hone::kernels
