// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Weights of a Hugging Face model directory, under the names that nn/ asks for.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/checkpoint_files.h"
#include "models/config.h"
#include "nn/builder.h"

namespace hone {

// The checkpoint's name for a parameter: model.X is model.<infix>X there (ModelConfig::name_infix).
std::string checkpoint_name(const std::string& name, const std::string& infix);

// A stored tensor of a part that a text model leaves out: vision tower, multi-token prediction, and
// with tied embeddings a copy of the head.
bool is_other_part(std::string_view stored_name, bool tied);

// Reads one tensor at a time: memory in use while loading is what the model keeps plus that tensor.
//
// model.X is stored as model.X or, in vision-language checkpoints, as model.language_model.X.
// Expert stacks are stored fused (experts.gate_up_proj [E, 2F, C], experts.down_proj [E, C, F]) or
// expert by expert (experts.<e>.{gate,up,down}_proj.weight); both give the fused tensor.
class CheckpointReader {
 public:
  // Errors: kModel, kDisk, as ModelFiles::open.
  CheckpointReader(const std::string& directory, const ModelConfig& config);

  // Whether `name` is there with this shape, without reading it. Errors: as read.
  void require(const std::string& name, const Shape& shape) const;

  // The tensor as stored (any float dtype), on the CPU. Errors: kModel naming the tensor, the shape
  // expected and the shape found.
  Tensor read(const nn::WeightRequest& request);

  // After the model is built: the line to show about tensors that a text model does not use (vision
  // tower, multi-token prediction); empty if there are none. Errors: kModel for any other leftover,
  // since a name that nothing asked for means that the config describes another model.
  std::string finish() const;

 private:
  const StoredTensor& expect(const std::string& stored, const Shape& shape,
                             const std::string& asked_for) const;
  std::string place_of(const std::string& stored) const;
  bool is_split_stack(const std::string& stored) const;
  Tensor read_exact(const std::string& stored, const Shape& shape, const std::string& asked_for);
  Tensor read_experts(const nn::WeightRequest& request, const std::string& stored);

  ModelFiles files_;
  std::string infix_;
  bool tied_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace hone
