// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/weights.h"

namespace hone {

std::string checkpoint_name(const std::string& name, const std::string& infix) {
  return name.starts_with("model.") ? "model." + infix + name.substr(6) : name;
}

bool is_other_part(std::string_view name, bool tied) {
  for (const char* prefix : {"model.visual.", "visual.", "mtp.", "model.mtp."})
    if (name.starts_with(prefix)) return true;
  return tied && name == "lm_head.weight";
}

CheckpointReader::CheckpointReader(const std::string& directory, const ModelConfig& config)
    : files_(ModelFiles::open(directory)),
      infix_(config.name_infix),
      tied_(config.tie_word_embeddings) {}

Tensor CheckpointReader::read_exact(const std::string& stored, const Shape& shape,
                                    const std::string& asked_for) {
  if (!files_.contains(stored))
    fail(ErrorCode::kModel, files_.directory(), ": tensor ", stored, " is missing (expected ",
         shape.str(), "); the checkpoint does not fit config.json");
  const StoredTensor& info = files_.info(stored);
  if (info.shape != shape)
    fail(ErrorCode::kModel, files_.file_of(stored).path(), ": tensor ", stored, " is ",
         info.shape.str(), ", but config.json says ", shape.str(), " for ", asked_for);
  used_.insert(stored);
  Tensor t = load_tensor(files_, stored);
  if (!is_float(t.dtype()))
    fail(ErrorCode::kModel, files_.file_of(stored).path(), ": tensor ", stored, " is ",
         name_of(t.dtype()), "; expected float32, bfloat16 or float16");
  return t;
}

Tensor CheckpointReader::read_experts(const nn::WeightRequest& request, const std::string& stored) {
  const size_t dot = stored.rfind('.');
  const std::string experts = stored.substr(0, dot + 1), which = stored.substr(dot + 1);
  const int64_t E = request.shape[0], rows = request.shape[1], columns = request.shape[2];
  const bool pair = which == "gate_up_proj";  // gate rows, then up rows
  const std::vector<std::string> parts = pair ? std::vector<std::string>{"gate_proj", "up_proj"}
                                              : std::vector<std::string>{"down_proj"};
  Tensor stack;
  for (int64_t e = 0; e < E; ++e) {
    const std::string prefix = experts + std::to_string(e) + ".";
    int64_t row = 0;
    for (const std::string& part : parts) {
      const std::string name = prefix + part + ".weight";
      const Tensor t = read_exact(name, {pair ? rows / 2 : rows, columns}, request.name);
      if (!stack.defined()) stack = Tensor::empty(request.shape, t.dtype());
      if (t.dtype() != stack.dtype())
        fail(ErrorCode::kModel, files_.file_of(name).path(), ": tensor ", name, " is ",
             name_of(t.dtype()), ", the experts before it are ", name_of(stack.dtype()));
      copy_bytes(t, stack.rows(e, e + 1).view({rows, columns}).rows(row, row + t.dim(0)));
      row += t.dim(0);
    }
  }
  return stack;
}

Tensor CheckpointReader::read(const nn::WeightRequest& request) {
  const std::string stored = checkpoint_name(request.name, infix_);
  const bool expert_stack =
      stored.ends_with(".experts.gate_up_proj") || stored.ends_with(".experts.down_proj");
  if (expert_stack && !files_.contains(stored)) return read_experts(request, stored);
  return read_exact(stored, request.shape, request.name);
}

std::string CheckpointReader::finish() const {
  int64_t left_out = 0;
  for (const auto& [name, file] : files_.tensors()) {
    if (used_.contains(name)) continue;
    if (!is_other_part(name, tied_))
      fail(ErrorCode::kModel, files_.file_of(name).path(), ": tensor ", name,
           " has no place in the model that config.json describes");
    ++left_out;
  }
  if (left_out == 0) return "";
  return "text only: " + std::to_string(left_out) +
         " tensors of other parts (vision, multi-token prediction, tied head) are left out";
}

}  // namespace hone
