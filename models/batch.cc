// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/batch.h"

#include <vector>

namespace hone {

Batch make_batch(std::span<const int64_t> ids, std::span<const int64_t> labels,
                 std::span<const int32_t> cu_seqlens) {
  const int64_t n = static_cast<int64_t>(ids.size());
  check(labels.empty() || labels.size() == ids.size(), "batch: ", labels.size(), " labels for ", n,
        " tokens");
  check(cu_seqlens.size() >= 2 && cu_seqlens.front() == 0 && cu_seqlens.back() == n,
        "batch: cu_seqlens must go from 0 to ", n);
  std::vector<int64_t> targets(ids.size(), kIgnoreLabel);
  std::vector<int32_t> positions(ids.size());
  Batch batch;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    check(cu_seqlens[s] <= cu_seqlens[s + 1], "batch: cu_seqlens decreases at ", s);
    for (int32_t i = cu_seqlens[s]; i < cu_seqlens[s + 1]; ++i) {
      const size_t row = static_cast<size_t>(i);
      positions[row] = i - cu_seqlens[s];
      if (!labels.empty() && i + 1 < cu_seqlens[s + 1]) targets[row] = labels[row + 1];
      batch.labels += targets[row] != kIgnoreLabel;
    }
  }
  const MemoryScope scope("batch");
  batch.ids = Tensor::of(ids, {n});
  batch.targets = Tensor::of(targets, {n});
  batch.positions = Tensor::of(positions, {n});
  batch.cu_seqlens = Tensor::of(cu_seqlens, {static_cast<int64_t>(cu_seqlens.size())});
  return batch;
}

Batch make_label_batch(std::span<const int64_t> ids, std::span<const int64_t> labels,
                       std::span<const int32_t> cu_seqlens, int64_t pad) {
  Batch batch = make_batch(ids, {}, cu_seqlens);
  check(labels.empty() || labels.size() == ids.size(), "batch: ", labels.size(), " labels for ",
        ids.size(), " tokens");
  std::vector<int32_t> last;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    int32_t row = cu_seqlens[s + 1] - 1;
    while (row > cu_seqlens[s] && ids[static_cast<size_t>(row)] == pad) --row;
    last.push_back(row);
  }
  for (const int64_t label : labels) batch.labels += label != kIgnoreLabel;
  const MemoryScope scope("batch");
  if (!labels.empty()) batch.targets = Tensor::of(labels, {std::ssize(labels)});
  batch.last_rows = Tensor::of(last, {std::ssize(last)});
  return batch;
}

Batch Batch::to(Device device) const {
  const MemoryScope scope("batch");
  const auto moved = [&](const Tensor& t) { return t.defined() ? t.to(device) : t; };
  return {moved(ids),     moved(targets), moved(cu_seqlens), moved(positions), moved(last_rows),
          moved(margins), labels,         vision.to(device)};
}

Batch describe_batch(int64_t rows, int64_t documents, Device meta) {
  const MemoryScope scope("batch");
  const auto shape = [&](int64_t n, DType dtype) { return Tensor::empty({n}, dtype, meta); };
  Batch batch;
  batch.ids = shape(rows, DType::i64);
  batch.targets = shape(rows, DType::i64);
  batch.positions = shape(rows, DType::i32);
  batch.cu_seqlens = shape(documents + 1, DType::i32);
  return batch;
}

}  // namespace hone
