// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/weights.h"

#include "data/printable.h"

namespace hone {
namespace {

bool is_gate_up(const std::string& stack) { return stack.ends_with(".experts.gate_up_proj"); }

// Where the parts of one expert are when a stack is stored expert by expert, from the top row down.
std::vector<std::string> parts_of_expert(const std::string& stack, int64_t expert) {
  const std::string prefix = stack.substr(0, stack.rfind('.') + 1) + std::to_string(expert) + ".";
  if (!is_gate_up(stack)) return {prefix + "down_proj.weight"};
  return {prefix + "gate_proj.weight", prefix + "up_proj.weight"};
}

// The shape of one such part of a stack [E, rows, columns].
Shape shape_of_part(const std::string& stack, const Shape& shape) {
  return {is_gate_up(stack) ? shape[1] / 2 : shape[1], shape[2]};
}

}  // namespace

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

const StoredTensor& CheckpointReader::expect(const std::string& stored, const Shape& shape,
                                             const std::string& asked_for) const {
  if (!files_.contains(stored))
    fail(ErrorCode::kModel, printable(files_.directory(), 4096), ": tensor ", printable(stored),
         " is missing (expected ", shape.str(), "); the checkpoint does not fit config.json");
  const StoredTensor& info = files_.info(stored);
  if (info.shape != shape)
    fail(ErrorCode::kModel, place_of(stored), " is ", info.shape.str(), ", but config.json says ",
         shape.str(), " for ", asked_for);
  const auto dtype = dtype_for(info.type);
  if (!dtype || !is_float(*dtype))
    fail(ErrorCode::kModel, place_of(stored), " is ", name_of(info.type),
         "; expected F32, BF16, F16 or F64");
  return info;
}

std::string CheckpointReader::place_of(const std::string& stored) const {
  return printable(files_.file_of(stored).path(), 4096) + ": tensor " + printable(stored);
}

Tensor CheckpointReader::read_exact(const std::string& stored, const Shape& shape,
                                    const std::string& asked_for) {
  expect(stored, shape, asked_for);
  used_.insert(stored);
  return load_tensor(files_, stored);
}

void CheckpointReader::require(const std::string& name, const Shape& shape) const {
  const std::string stored = checkpoint_name(name, infix_);
  if (!is_split_stack(stored)) {
    expect(stored, shape, name);
    return;
  }
  for (int64_t e = 0; e < shape[0]; ++e)
    for (const std::string& part : parts_of_expert(stored, e))
      expect(part, shape_of_part(stored, shape), name);
}

// Is an expert stack stored expert by expert?
bool CheckpointReader::is_split_stack(const std::string& stored) const {
  return (is_gate_up(stored) || stored.ends_with(".experts.down_proj")) && !files_.contains(stored);
}

Tensor CheckpointReader::read_experts(const nn::WeightRequest& request, const std::string& stored) {
  Tensor stack;
  for (int64_t e = 0; e < request.shape[0]; ++e) {
    int64_t row = 0;
    for (const std::string& name : parts_of_expert(stored, e)) {
      const Tensor t = read_exact(name, shape_of_part(stored, request.shape), request.name);
      if (!stack.defined()) stack = Tensor::empty(request.shape, t.dtype());
      if (t.dtype() != stack.dtype())
        fail(ErrorCode::kModel, place_of(name), " is ", name_of(t.dtype()),
             ", the experts before it are ", name_of(stack.dtype()));
      const Tensor expert = stack.rows(e, e + 1).view({request.shape[1], request.shape[2]});
      copy_bytes(t, expert.rows(row, row + t.dim(0)));
      row += t.dim(0);
    }
  }
  return stack;
}

Tensor CheckpointReader::read(const nn::WeightRequest& request) {
  const std::string stored = checkpoint_name(request.name, infix_);
  return is_split_stack(stored) ? read_experts(request, stored)
                                : read_exact(stored, request.shape, request.name);
}

std::string CheckpointReader::finish() const {
  int64_t left_out = 0;
  for (const auto& [name, file] : files_.tensors()) {
    if (used_.contains(name)) continue;
    if (!is_other_part(name, tied_))
      fail(ErrorCode::kModel, place_of(name),
           " has no place in the model that config.json describes");
    ++left_out;
  }
  if (left_out == 0) return "";
  return "text only: " + std::to_string(left_out) +
         " tensors of other parts (vision, multi-token prediction, tied head) are left out";
}

}  // namespace hone
