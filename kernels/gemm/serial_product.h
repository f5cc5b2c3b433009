// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A matrix product on one thread, out of tile products:
//
//   for each kChain of k                   one chain of multiply-adds per element of C
//     panels of a                          rows: in place, or in scratch that fits an L2 cache
//     for each kTileColumns columns
//       a panel of b                       packed into scratch that fits an L1 cache, or nearly
//       for each panel of a: a tile of C
//
// A panel that only a few tiles are made of is used where it is: to pack it would take as long as
// they do. Narrow products, as those of a low rank are, pack nothing.
//
// Other ways are taken where they are faster, for one row or few columns. All give the same bits:
// the chains are the same, and a multiply-add does not care which factor comes first.
#pragma once

#include "kernels/gemm/packing.h"

namespace hone::kernels {
namespace {

template <class T>
struct Target {
  T* data;
  int64_t row_step, column_step;

  T* at(int64_t i, int64_t j) const { return data + i * row_step + j * column_step; }
  Target from(int64_t i, int64_t j) const { return {at(i, j), row_step, column_step}; }
};

// C[i,j] = alpha * sum_k a_i[k] b_j[k] (+ C[i,j]).
template <class T, class In>
struct Product {
  Lines<In> a, b;
  T alpha;
  bool add;
  Target<T> c;

  int64_t depth() const { return a.length; }
  // Rows [i, i_end) and columns [j, j_end) of C.
  Product part(int64_t i, int64_t i_end, int64_t j, int64_t j_end) const {
    return {a.slice(i, i_end), b.slice(j, j_end), alpha, add, c.from(i, j)};
  }
  // The same as C^T = op(B)^T op(A)^T.
  Product turned() const { return {b, a, alpha, add, {c.data, c.column_step, c.row_step}}; }
};

// Calls f(c, stride) for rows x columns of C, which f may write to full vectors: c is a copy unless
// the columns fill those and are next to each other.
template <class T, class F>
void with_whole_vectors(int64_t rows, int64_t columns, bool add, Target<T> c, F&& f) {
  constexpr int64_t width = kTileColumns<T>;
  if (c.column_step == 1 && (columns == width || columns == kLanes<T>))
    return f(c.data, c.row_step);
  alignas(kVectorBytes) T tile[kTileRows * width] = {};
  if (add)
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) tile[i * width + j] = *c.at(i, j);
  f(tile, width);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) *c.at(i, j) = tile[i * width + j];
}

// One row, b along memory: blocks of b are used as they are transposed, because to store a panel
// would cost more than the product. Memory is read line by line, as it likes best.
template <class T, class In>
void row_product(const Product<T, In>& p) {
  const int64_t a_step = p.a.across ? p.a.stride : 1;
  for (int64_t j = 0; j < p.b.count; j += kLanes<T>) {
    const int64_t columns = std::min<int64_t>(kLanes<T>, p.b.count - j);
    with_whole_vectors(1, columns, p.add, p.c.from(0, j), [&](T* c, int64_t) {
      bool add = p.add;
      for (int64_t k = 0; k == 0 || k < p.depth(); k += kChain) {
        const In* a = p.a.at(0, k);
        Vector<T> sum = {};
        for_each_vector<T>(p.b, j, k, std::min(kChain, p.depth() - k), [&](int64_t d, Vector<T> v) {
          sum += static_cast<T>(a[d * a_step]) * v;
        });
        store_scaled(p.alpha, sum, add, c);
        add = true;
      }
    });
  }
}

// Elements from a[k,0] to a[k+1,0] of a packed panel: whole vectors that hold kTileRows.
inline constexpr int kPanelRows = tile_shape(kIsa).panel_rows;

// Tiles that are made faster of a panel across memory than of a packed one, packing included.
inline constexpr int64_t kFewTiles = 4;

// Elements a stride apart share a set of an L1 cache: a few of them drive each other out of it.
template <class T>
bool in_same_cache_set(int64_t stride) {
  constexpr int64_t kBytes = 4096;
  return stride * static_cast<int64_t>(sizeof(T)) % kBytes == 0;
}

// Lines of a for one chain, in panels of up to kTileRows, as equal as can be: all tiles are then
// about as tall. Elements are broadcast one by one, so lines along memory need not be transposed.
template <class T, class In>
class RowPanels {
 public:
  // tiles: how many each panel is used for.
  RowPanels(const Lines<In>& lines, int64_t k, int64_t depth, int64_t tiles, T* scratch)
      : count_(ceil_div(lines.count, kTileRows)),
        height_(lines.count / count_),
        taller_(lines.count % count_) {
    if constexpr (std::is_same_v<T, In>)
      if (!in_same_cache_set<T>(lines.stride) &&
          (!lines.across || tiles <= kFewTiles || lines.stride <= kPanelRows)) {
        steps_ = lines.across ? Steps<T>{lines.at(0, k), 1, lines.stride}
                              : Steps<T>{lines.at(0, k), lines.stride, 1};
        return;
      }
    if (lines.across) {
      steps_ = {scratch, 1, kPanelRows};
      panel_size_ = depth * kPanelRows;
      for (int64_t p = 0; p < count_; ++p)
        pack<kPanelRows>(lines, first(p), k, depth, scratch + p * panel_size_);
      return;
    }
    steps_ = {scratch, depth, 1};
    copy_lines(lines, k, depth, scratch);
  }

  int64_t count() const { return count_; }
  int64_t first(int64_t panel) const { return panel * height_ + std::min(panel, taller_); }
  Steps<T> operator[](int64_t panel) const {
    const int64_t offset = panel_size_ > 0 ? panel * panel_size_ : first(panel) * steps_.line;
    return {steps_.data + offset, steps_.line, steps_.k};
  }

  // Elements of scratch that so many lines need, and the lines that scratch is enough for.
  static int64_t scratch_for(int64_t lines, int64_t depth) {
    return ceil_div(lines, kTileRows) * kPanelRows * depth;
  }
  static int64_t lines_in(int64_t scratch, int64_t depth) {
    return scratch / (kPanelRows * depth) * kTileRows;
  }

 private:
  int64_t count_;
  int64_t height_, taller_;  // the first `taller_` panels have one line more
  Steps<T> steps_;
  int64_t panel_size_ = 0;  // 0: the panels' lines follow each other
};

// A panel of b for so many tiles, in place where it is across memory and its vectors are whole.
template <class T, class In>
Steps<T> column_panel(const Lines<In>& b, int64_t k, int64_t depth, int64_t tiles, T* scratch) {
  const int width = b.count <= kLanes<T> ? kLanes<T> : kTileColumns<T>;
  if constexpr (std::is_same_v<T, In>)
    if (b.across && b.count == width &&
        (tiles == 1 || b.stride == width ||
         (tiles <= kFewTiles && !in_same_cache_set<T>(b.stride))))
      return {b.at(0, k), 1, b.stride};
  if (width == kLanes<T>)
    pack<kLanes<T>>(b, 0, k, depth, scratch);
  else
    pack<kTileColumns<T>>(b, 0, k, depth, scratch);
  return {scratch, 1, width};
}

// As many rows of C as RowPanels has scratch for.
template <class T, class In>
void block_product(const Product<T, In>& p, T* scratch) {
  bool add = p.add;
  for (int64_t k = 0; k == 0 || k < p.depth(); k += kChain) {
    const int64_t depth = std::min(kChain, p.depth() - k);
    const RowPanels<T, In> a(p.a, k, depth, ceil_div(p.b.count, kTileColumns<T>), scratch);
    T* b_scratch = scratch + RowPanels<T, In>::scratch_for(p.a.count, depth);
    for (int64_t j = 0; j < p.b.count; j += kTileColumns<T>) {
      const int64_t columns = std::min<int64_t>(kTileColumns<T>, p.b.count - j);
      const Steps<T> b = column_panel(p.b.slice(j, j + columns), k, depth, a.count(), b_scratch);
      for (int64_t panel = 0; panel < a.count(); ++panel) {
        const int64_t i = a.first(panel), rows = a.first(panel + 1) - i;
        with_whole_vectors(rows, columns, add, p.c.from(i, j), [&](T* c, int64_t stride) {
          tile_product_for<T>(rows, columns)(depth, a[panel], b, p.alpha, add, c, stride);
        });
      }
    }
    add = true;
  }
}

// C = alpha * (lines of a) x (lines of b) + beta * C. scratch: as many elements as gemm_scratch says.
template <class T, class In>
void serial_product(const Lines<In>& a, const Lines<In>& b, T alpha, T beta, MatrixRef<T> c,
                    T* scratch) {
  if (c.rows == 0 || c.columns == 0) return;
  if (beta != T(0) && beta != T(1))
    for (int64_t i = 0; i < c.rows; ++i)
      for (int64_t j = 0; j < c.columns; ++j) c.data[i * c.stride + j] *= beta;
  Product<T, In> p{a, b, alpha, beta != T(0), {c.data, c.stride, 1}};
  // A few columns would fill their vectors badly.
  if (turned_product(c.rows, c.columns, kLanes<T>)) p = p.turned();
  if (p.a.count == 1 && !p.b.across) return row_product(p);

  const int64_t depth = std::clamp<int64_t>(p.depth(), 1, kChain);
  const int64_t most = RowPanels<T, In>::lines_in(kMostScratch<T> - kTileColumns<T> * depth, depth);
  const int64_t rows = ceil_div(p.a.count, ceil_div(p.a.count, most));
  for (int64_t i = 0; i < p.a.count; i += rows)
    block_product(p.part(i, std::min(i + rows, p.a.count), 0, p.b.count), scratch);
}

}  // namespace
}  // namespace hone::kernels
