// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The batch that evaluate is given: a safetensors file with input_ids, optional labels, cu_seqlens and
// margins, and images as pixel_values with image_grid_thw. For a reward model documents are answers, the
// preferred one of a pair first, and need no labels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/safetensors.h"
#include "models/batch.h"
#include "models/config.h"

namespace hone {

struct EvaluateBatch {
  Batch batch;
  bool has_labels = false;  // there is a loss
  int64_t items = 0;        // labels or pairs
};

// Whether the model's head scores whole documents.
bool scores_answers(const ModelConfig& config);

// A tensor of int32 or int64. Errors: kDataset.
std::vector<int64_t> integers(const SafetensorsFile& file, const std::string& name);

// On the CPU, without images. sums: the dtype of losses. Errors: kDataset.
EvaluateBatch read_evaluate_batch(const std::string& path, const ModelConfig& config, DType sums);

bool has_images(const std::string& path);
// Attaches the file's images. Requires: config.vision. Errors: kDataset.
void read_images(const std::string& path, const ModelConfig& config, Batch& batch);

}  // namespace hone
