// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/weights.h"

#include <algorithm>

#include "data/printable.h"

namespace hone {
namespace {

constexpr std::string_view kModel = "model.";
constexpr std::string_view kHead = "lm_head.weight";
constexpr std::string_view kVision = "model.visual.";

bool is_gate_up(std::string_view stack) { return stack.ends_with(".experts.gate_up_proj"); }
bool is_stack(std::string_view name) {
  return is_gate_up(name) || name.ends_with(".experts.down_proj");
}

bool any_stack(const ModelFiles& files) {
  return std::any_of(files.tensors().begin(), files.tensors().end(),
                     [](const auto& tensor) { return is_stack(tensor.first); });
}

}  // namespace

std::string module_name(const std::string& name, const std::string& infix) {
  return name.starts_with(kModel) && !name.starts_with(kVision)
             ? "model." + infix + name.substr(kModel.size())
             : name;
}

CheckpointNames::CheckpointNames(const ModelConfig& config)
    : root_("model." + config.name_infix),
      experts_(config.moe.names),
      split_(config.moe.stored_split) {}

CheckpointNames::CheckpointNames(const ModelConfig& config, const ModelFiles& files)
    : CheckpointNames(config) {
  split_ = config.is_moe() && !any_stack(files);
  if (!config.name_infix.empty() &&
      files.contains(config.name_infix + "model.embed_tokens.weight")) {
    root_ = config.name_infix + "model.";
    head_ = config.name_infix;
  }
  if (files.contains("visual.patch_embed.proj.weight")) vision_ = "visual.";
}

std::string CheckpointNames::name(const std::string& parameter) const {
  if (parameter == kHead) return head_ + parameter;
  if (parameter.starts_with(kVision)) return vision_ + parameter.substr(kVision.size());
  if (!parameter.starts_with(kModel)) return parameter;
  std::string stored = root_ + parameter.substr(kModel.size());
  for (const std::string_view own : {".mlp.gate.", ".mlp.experts."})
    if (const size_t at = stored.find(own); at != std::string::npos)
      stored.replace(at + 1, std::string_view("mlp").size(), experts_.block);
  return stored;
}

std::vector<StoredPart> CheckpointNames::parts(const std::string& parameter,
                                               const Shape& shape) const {
  const std::string stored = name(parameter);
  if (!split_ || !is_stack(stored)) return {{stored, shape}};
  const std::string experts = stored.substr(0, stored.rfind('.') + 1);
  std::vector<StoredPart> parts;
  for (int64_t e = 0; e < shape[0]; ++e) {
    const auto part = [&](const std::string& matrix, int64_t rows) {
      parts.push_back({experts + std::to_string(e) + "." + matrix + ".weight", {rows, shape[2]}});
    };
    if (is_gate_up(stored)) {
      part(experts_.gate, shape[1] / 2);
      part(experts_.up, shape[1] / 2);
    } else {
      part(experts_.down, shape[1]);
    }
  }
  return parts;
}

bool is_other_part(std::string_view name, bool no_head) {
  for (const char* prefix :
       {"model.visual.", "visual.", "mtp.", "model.mtp.", "vision_tower.", "model.vision_tower.",
        "multi_modal_projector.", "model.multi_modal_projector."})
    if (name.starts_with(prefix)) return true;
  if (name.ends_with(".rotary_emb.inv_freq")) return true;
  return no_head && (name == kHead || name.ends_with(".lm_head.weight"));
}

CheckpointReader::CheckpointReader(const std::string& directory, const ModelConfig& config)
    : files_(ModelFiles::open(directory)),
      names_(config, files_),
      no_head_(config.tie_word_embeddings || config.head.has_labels()) {}

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

Tensor CheckpointReader::read_part(const StoredPart& part, const std::string& asked_for) {
  expect(part.name, part.shape, asked_for);
  used_.insert(part.name);
  return load_tensor(files_, part.name);
}

void CheckpointReader::require(const std::string& name, const Shape& shape) const {
  for (const StoredPart& part : names_.parts(name, shape)) expect(part.name, part.shape, name);
}

void CheckpointReader::pass_over(const std::string& name, const Shape& shape) {
  require(name, shape);
  for (const StoredPart& part : names_.parts(name, shape)) used_.insert(part.name);
}

Tensor CheckpointReader::read(const nn::WeightRequest& request) {
  const std::vector<StoredPart> parts = names_.parts(request.name, request.shape);
  if (parts.size() == 1 && parts[0].shape == request.shape)
    return read_part(parts[0], request.name);
  Tensor whole, flat;
  int64_t at = 0;
  for (const StoredPart& part : parts) {
    const Tensor t = read_part(part, request.name);
    if (!whole.defined()) {
      whole = Tensor::empty(request.shape, t.dtype());
      flat = whole.view({whole.numel()});
    }
    if (t.dtype() != whole.dtype())
      fail(ErrorCode::kModel, place_of(part.name), " is ", name_of(t.dtype()),
           ", the experts before it are ", name_of(whole.dtype()));
    copy_bytes(t.view({t.numel()}), flat.rows(at, at + t.numel()));
    at += t.numel();
  }
  return whole;
}

std::string CheckpointReader::finish() const {
  int64_t left_out = 0;
  for (const auto& [name, file] : files_.tensors()) {
    if (used_.contains(name)) continue;
    if (!is_other_part(name, no_head_))
      fail(ErrorCode::kModel, place_of(name),
           " has no place in the model that config.json describes");
    ++left_out;
  }
  if (left_out == 0) return "";
  return "text only: " + std::to_string(left_out) +
         " tensors of other parts (vision, multi-token prediction, tied head) are left out";
}

}  // namespace hone
