// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/image_positions.h"

#include <algorithm>
#include <vector>

namespace hone {
namespace {

struct Places {
  std::vector<int32_t> time, height, width;
  std::vector<int64_t> rows;  // of image tokens

  void add(int64_t t, int64_t h, int64_t w) {
    time.push_back(static_cast<int32_t>(t));
    height.push_back(static_cast<int32_t>(h));
    width.push_back(static_cast<int32_t>(w));
  }
};

// The image whose first token is row `at`; its last must lie before `end`.
void add_image(const VisionConfig& c, const ImageGrid& g, std::span<const int64_t> ids, int64_t at,
               int64_t end, int64_t& position, const std::string& where, Places& to) {
  const int64_t rows = g.rows / c.merge_size, columns = g.columns / c.merge_size;
  for (int64_t i = 0; i < rows * columns; ++i) {
    if (at + i >= end || ids[static_cast<size_t>(at + i)] != c.image_token_id)
      fail(ErrorCode::kDataset, where, ": an image of ", rows, " x ", columns, " tokens has only ",
           i, " image tokens (id ", c.image_token_id, ") in the text, at token ", at);
    to.rows.push_back(at + i);
    to.add(position, position + i / columns, position + i % columns);
  }
  position += std::max(rows, columns);
}

}  // namespace

void attach_images(Batch& batch, const VisionConfig& c, const Tensor& pixels,
                   std::span<const ImageGrid> grids, const std::string& where) {
  const int64_t* first = batch.ids.data<int64_t>();
  const std::span<const int64_t> ids(first, static_cast<size_t>(batch.rows()));
  Places places;
  size_t image = 0;
  for (int64_t s = 0; s + 1 < batch.cu_seqlens.numel(); ++s) {
    const int64_t end = batch.cu_seqlens.data<int32_t>()[s + 1];
    int64_t position = 0;
    for (auto at = static_cast<int64_t>(places.time.size()); at < end;
         at = static_cast<int64_t>(places.time.size())) {
      const int64_t id = ids[static_cast<size_t>(at)];
      if (id == c.video_token_id)
        fail(ErrorCode::kDataset, where, ": token ", at, " is a video token (id ", id,
             "); videos are not trained, take images");
      if (id != c.image_token_id) {
        places.add(position, position, position);
        ++position;
        continue;
      }
      if (image == grids.size())
        fail(ErrorCode::kDataset, where, ": token ", at, " is an image token (id ", id,
             "), but there are only ", grids.size(), " images");
      add_image(c, grids[image++], ids, at, end, position, where, places);
    }
  }
  if (image < grids.size())
    fail(ErrorCode::kDataset, where, ": ", grids.size(),
         " images, but the text has image tokens (id ", c.image_token_id, ") of only ", image);
  batch.vision = make_vision_input(c, pixels, grids, places.rows, where);
  std::vector<int32_t> positions = std::move(places.time);
  positions.insert(positions.end(), places.height.begin(), places.height.end());
  positions.insert(positions.end(), places.width.begin(), places.width.end());
  const MemoryScope scope("batch");
  batch.positions = Tensor::of(positions, {3, batch.rows()});
}

}  // namespace hone
