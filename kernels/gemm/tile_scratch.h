// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/core/scratch.h"
#include "kernels/gemm/tile_shape.h"

namespace hone::kernels {

// What a thread needs for its tiles of C [M, N], the sums over K terms.
template <class T>
struct TileScratch {
  // sums: C is narrower than T.
  TileScratch(Scratch<T>& scratch, int64_t M, int64_t N, int64_t K, bool sums) {
    const int64_t rows = std::min(M, TileSize::kRows), columns = std::min(N, TileSize::kColumns);
    packed = scratch.vector(gemm_scratch<T>(rows, columns, K));
    tile = scratch.vector(sums ? rows * columns : 0);
  }
  T* packed;  // for gemm_serial
  T* tile;    // [rows, columns]: summed here and rounded once
};

}  // namespace hone::kernels
