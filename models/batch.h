// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// One packed row as the models take it.
#pragma once

#include <cstdint>
#include <span>

#include "models/vision_input.h"
#include "tensor/tensor.h"

namespace hone {

inline constexpr int64_t kIgnoreLabel = -100;

struct Batch {
  Tensor ids;          // [N] i64
  Tensor targets;      // [N] i64: the token to predict after each row, or kIgnoreLabel
  Tensor cu_seqlens;   // [S + 1] i32: document s is rows [cu_seqlens[s], cu_seqlens[s + 1])
  Tensor positions;    // [N] i32: 0, 1, ... in each document; with images [3, N]
  Tensor last_rows;    // [S] i32: the rows of the documents' last tokens; only for heads of labels
  Tensor margins;      // [S / 2] f32 (f64 for f64) of pairs of documents; undefined: zeros
  int64_t labels = 0;  // targets that count
  VisionInput vision = {};  // undefined without images (models/image_positions.h)

  int64_t rows() const { return ids.numel(); }
  // The same on another device.
  Batch to(Device device) const;
};

// From tokens and labels aligned with them: labels[i] is ids[i] where the loss counts, else
// kIgnoreLabel. Row i's target is labels[i + 1] if that row is in the same document, so no document
// predicts the first token of the next. labels may be empty: nothing counts.
// Memory: "batch". Errors: kInternal when lengths disagree or cu_seqlens does not go from 0 up to ids.size().
Batch make_batch(std::span<const int64_t> ids, std::span<const int64_t> labels,
                 std::span<const int32_t> cu_seqlens);

// The same for a head of labels: labels[i] is that of row i itself. A document's last token is the last
// that is not `pad`, its first where all are.
Batch make_label_batch(std::span<const int64_t> ids, std::span<const int64_t> labels,
                       std::span<const int32_t> cu_seqlens, int64_t pad);

// A batch of `rows` tokens in `documents` documents as shapes on a meta device.
Batch describe_batch(int64_t rows, int64_t documents, Device meta = kMeta);

}  // namespace hone
