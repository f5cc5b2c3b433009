// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/vision_input.h"

#include <algorithm>
#include <vector>

namespace hone {
namespace {

constexpr int64_t kCorners = 4;

// The two entries of an axis of learned positions around a patch, and the second one's share, in f32 as
// the model was trained. The first and the last patch lie on the first and the last entry.
struct Neighbours {
  int64_t first, second;
  float share;
};
Neighbours neighbours(int64_t at, int64_t patches, int64_t entries) {
  const float position = static_cast<float>(at) * static_cast<float>(entries - 1) /
                         static_cast<float>(std::max<int64_t>(patches - 1, 1));
  const auto first = static_cast<int64_t>(position);
  return {first, std::min(first + 1, entries - 1), position - static_cast<float>(first)};
}

struct Columns {
  std::vector<int32_t> cu_seqlens{0}, positions;
  std::vector<int64_t> corners;
  std::vector<float> weights;

  void add(const VisionConfig& c, const ImageGrid& g);
  void add_patch(const VisionConfig& c, const ImageGrid& g, int64_t row, int64_t column);
};

void Columns::add_patch(const VisionConfig& c, const ImageGrid& g, int64_t row, int64_t column) {
  positions.push_back(static_cast<int32_t>(row));
  positions.push_back(static_cast<int32_t>(column));
  const Neighbours y = neighbours(row, g.rows, c.positions_per_side),
                   x = neighbours(column, g.columns, c.positions_per_side);
  for (const auto& [entry, weight] : {std::pair{y.first, 1 - y.share}, {y.second, y.share}}) {
    corners.push_back(entry * c.positions_per_side + x.first);
    corners.push_back(entry * c.positions_per_side + x.second);
    weights.push_back(weight * (1 - x.share));
    weights.push_back(weight * x.share);
  }
}

void Columns::add(const VisionConfig& c, const ImageGrid& g) {
  const int64_t m = c.merge_size;
  for (int64_t block_row = 0; block_row < g.rows; block_row += m)
    for (int64_t block_column = 0; block_column < g.columns; block_column += m)
      for (int64_t row = 0; row < m; ++row)
        for (int64_t column = 0; column < m; ++column)
          add_patch(c, g, block_row + row, block_column + column);
  cu_seqlens.push_back(cu_seqlens.back() + static_cast<int32_t>(g.patches()));
}

void check_grid(const VisionConfig& c, const ImageGrid& g, const std::string& where) {
  constexpr int64_t kMost = 1 << 15;  // patches a side
  const auto good = [&](int64_t n) { return n > 0 && n <= kMost && n % c.merge_size == 0; };
  if (g.frames != 1 || !good(g.rows) || !good(g.columns))
    fail(ErrorCode::kDataset, where, ": an image of ", g.frames, " x ", g.rows, " x ", g.columns,
         " patches; expected 1 x rows x columns, each a multiple of ", c.merge_size,
         " and at most ", kMost);
}

template <class T>
Tensor column(const std::vector<T>& values, int64_t width) {
  const auto n = static_cast<int64_t>(values.size());
  return width == 1 ? Tensor::of(values, {n}) : Tensor::of(values, {n / width, width});
}

}  // namespace

VisionInput VisionInput::to(Device device) const {
  if (!defined()) return {};
  return {pixels.to(device),  cu_seqlens.to(device),     positions.to(device),
          corners.to(device), corner_weights.to(device), rows.to(device)};
}

VisionInput make_vision_input(const VisionConfig& config, const Tensor& pixels,
                              std::span<const ImageGrid> grids, std::span<const int64_t> rows,
                              const std::string& where) {
  int64_t patches = 0, tokens = 0;
  for (const ImageGrid& g : grids) {
    check_grid(config, g, where);
    patches += g.patches();
    tokens += g.tokens(config);
    if (patches > (int64_t{1} << 30))
      fail(ErrorCode::kDataset, where, ": images of more than 2^30 patches; make them smaller");
  }
  if (pixels.shape() != Shape{patches, config.patch_elements()} || pixels.dtype() != DType::f32)
    fail(ErrorCode::kDataset, where, ": pixels are ", pixels.shape().str(), " ",
         name_of(pixels.dtype()), "; ", grids.size(), " images of ", patches,
         " patches in all need ", Shape{patches, config.patch_elements()}.str(), " float32");
  check(tokens == static_cast<int64_t>(rows.size()), "vision input: ", rows.size(), " rows for ",
        tokens, " image tokens");
  Columns c;
  for (const ImageGrid& g : grids) c.add(config, g);
  const MemoryScope scope("batch");
  VisionInput input;
  input.pixels = pixels;
  input.cu_seqlens = column(c.cu_seqlens, 1);
  input.positions = column(c.positions, 1);
  input.corners = column(c.corners, kCorners);
  input.corner_weights = column(c.weights, kCorners);
  input.rows = Tensor::of(rows, {tokens});
  return input;
}

VisionInput describe_vision_input(const VisionConfig& config, int64_t patches, int64_t images,
                                  Device meta) {
  const MemoryScope scope("batch");
  return {Tensor::empty({patches, config.patch_elements()}, DType::f32, meta),
          Tensor::empty({images + 1}, DType::i32, meta),
          Tensor::empty({2 * patches}, DType::i32, meta),
          Tensor::empty({patches, kCorners}, DType::i64, meta),
          Tensor::empty({patches, kCorners}, DType::f32, meta),
          Tensor::empty({patches / (config.merge_size * config.merge_size)}, DType::i64, meta)};
}

}  // namespace hone
