// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/collate.h"

#include "tensor/check.h"

namespace hone {

Batch collate(const Dataset& dataset, const MicroBatch& micro_batch) {
  constexpr int64_t kPadding = 0;  // any token: no document sees the padding, and it has no labels
  const int64_t tokens = tokens_in(dataset, micro_batch);
  const auto examples = static_cast<int64_t>(micro_batch.examples.size());
  const int64_t padding = micro_batch.tokens - tokens;
  const int64_t documents = examples + (padding + kPaddingDocument - 1) / kPaddingDocument;
  check(padding >= 0 && documents <= micro_batch.documents, "collate: ", tokens, " tokens of ",
        examples, " examples for ", micro_batch.tokens, " tokens of ", micro_batch.documents,
        " documents");
  const auto rows = static_cast<size_t>(micro_batch.tokens);
  std::vector<int64_t> ids, labels;
  std::vector<int32_t> cu_seqlens{0};
  ids.reserve(rows);
  labels.reserve(rows);
  for (const int64_t example : micro_batch.examples) {
    const TokenRow row = dataset.example(example);
    for (size_t i = 0; i < row.ids.size(); ++i) {
      ids.push_back(row.ids[i]);
      labels.push_back(row.is_label[i] ? row.ids[i] : kIgnoreLabel);
    }
    cu_seqlens.push_back(static_cast<int32_t>(ids.size()));
  }
  ids.resize(rows, kPadding);
  labels.resize(rows, kIgnoreLabel);
  for (int64_t at = tokens + kPaddingDocument; at < micro_batch.tokens; at += kPaddingDocument)
    cu_seqlens.push_back(static_cast<int32_t>(at));
  cu_seqlens.resize(static_cast<size_t>(micro_batch.documents) + 1,
                    static_cast<int32_t>(micro_batch.tokens));
  return make_batch(ids, labels, cu_seqlens);
}

int64_t labels_in(const Dataset& dataset, const MicroBatch& micro_batch) {
  int64_t labels = 0;
  for (const int64_t example : micro_batch.examples) labels += dataset.labels(example);
  return labels;
}

int64_t tokens_in(const Dataset& dataset, const MicroBatch& micro_batch) {
  int64_t tokens = 0;
  for (const int64_t example : micro_batch.examples) tokens += dataset.length(example);
  return tokens;
}

}  // namespace hone
