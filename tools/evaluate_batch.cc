// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluate_batch.h"

#include "kernels/elementwise/elementwise.h"
#include "models/image_positions.h"
#include "models/weights.h"

namespace hone {
namespace {

// How many labels there are to choose from.
int64_t label_count(const ModelConfig& config) {
  return config.head.has_labels() ? config.head.labels : config.vocab_size;
}

// The margins of pairs, zeros where the file has none.
Tensor read_margins(const SafetensorsFile& file, int64_t pairs, DType dtype) {
  if (!file.contains("margins")) return Tensor();
  const Tensor t = load_tensor(file, "margins");
  if (t.numel() != pairs || !is_float(t.dtype()))
    fail(ErrorCode::kDataset, file.path(), ": tensor margins is ", t.shape().str(), " ",
         name_of(t.dtype()), "; expected ", pairs, " floats, one for each pair of documents");
  return kernels::cast(t.view({pairs}), dtype);
}

}  // namespace

std::vector<int64_t> integers(const SafetensorsFile& file, const std::string& name) {
  const Tensor t = load_tensor(file, name);
  if (t.dtype() == DType::i64) return t.view({t.numel()}).to_vector<int64_t>();
  if (t.dtype() != DType::i32)
    fail(ErrorCode::kDataset, file.path(), ": tensor ", name, " is ", name_of(t.dtype()),
         "; expected int32 or int64");
  const std::vector<int32_t> narrow = t.view({t.numel()}).to_vector<int32_t>();
  return {narrow.begin(), narrow.end()};
}

bool scores_answers(const ModelConfig& config) {
  return config.head.kind == nn::HeadKind::sequence_labels;
}

EvaluateBatch read_evaluate_batch(const std::string& path, const ModelConfig& config, DType sums) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  if (!file.contains("input_ids")) fail(ErrorCode::kDataset, path, ": tensor input_ids is missing");
  const std::vector<int64_t> ids = integers(file, "input_ids");
  if (ids.empty()) fail(ErrorCode::kDataset, path, ": input_ids is empty");
  for (size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || ids[i] >= config.vocab_size)
      fail(ErrorCode::kDataset, path, ": input_ids[", i, "] = ", ids[i],
           " is outside the vocabulary of ", config.vocab_size);
  EvaluateBatch input;
  input.has_labels = file.contains("labels") && !scores_answers(config);
  std::vector<int64_t> labels;
  if (input.has_labels) {
    labels = integers(file, "labels");
    if (labels.size() != ids.size())
      fail(ErrorCode::kDataset, path, ": ", labels.size(), " labels for ", ids.size(),
           " input_ids");
    for (size_t i = 0; i < labels.size(); ++i)
      if (labels[i] != kIgnoreLabel && (labels[i] < 0 || labels[i] >= label_count(config)))
        fail(ErrorCode::kDataset, path, ": labels[", i, "] = ", labels[i], " is neither ",
             kIgnoreLabel,
             config.head.has_labels() ? " nor one of the model's labels, of which there are "
                                      : " nor in the vocabulary of ",
             label_count(config));
  }
  std::vector<int32_t> cu_seqlens{0, static_cast<int32_t>(ids.size())};
  if (file.contains("cu_seqlens")) {
    const std::vector<int64_t> ends = integers(file, "cu_seqlens");
    bool good =
        ends.size() >= 2 && ends.front() == 0 && ends.back() == static_cast<int64_t>(ids.size());
    for (size_t i = 0; i + 1 < ends.size(); ++i) good = good && ends[i] <= ends[i + 1];
    if (!good)
      fail(ErrorCode::kDataset, path, ": cu_seqlens must rise from 0 to the ", ids.size(),
           " input_ids");
    cu_seqlens.assign(ends.begin(), ends.end());
  }
  if (!config.head.has_labels()) {
    input.batch = make_batch(ids, labels, cu_seqlens);
    input.items = input.batch.labels;
    return input;
  }
  input.batch = make_label_batch(ids, labels, cu_seqlens, config.head.pad_token_id);
  input.items = input.batch.labels;
  const auto documents = std::ssize(cu_seqlens) - 1;
  if (scores_answers(config) && config.head.labels == 1 && documents % 2 == 0) {
    input.has_labels = true;
    input.items = documents / 2;
    input.batch.margins = read_margins(file, input.items, sums);
  }
  return input;
}

bool has_images(const std::string& path) {
  return SafetensorsFile::open(path).contains("pixel_values");
}

void read_images(const std::string& path, const ModelConfig& config, Batch& batch) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  if (!file.contains("image_grid_thw"))
    fail(ErrorCode::kDataset, path, ": tensor image_grid_thw is missing beside pixel_values");
  const std::vector<int64_t> grid = integers(file, "image_grid_thw");
  if (grid.size() % 3 != 0)
    fail(ErrorCode::kDataset, path, ": tensor image_grid_thw has ", grid.size(),
         " numbers; expected three an image");
  std::vector<ImageGrid> grids;
  for (size_t i = 0; i < grid.size(); i += 3) grids.push_back({grid[i], grid[i + 1], grid[i + 2]});
  const Tensor pixels = load_tensor(file, "pixel_values");
  if (!is_float(pixels.dtype()))
    fail(ErrorCode::kDataset, path, ": tensor pixel_values is ", name_of(pixels.dtype()),
         "; expected floats");
  attach_images(batch, *config.vision, kernels::cast(pixels, DType::f32), grids, path);
}

}  // namespace hone
