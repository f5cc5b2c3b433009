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

// The name of a parameter in transformers' model: model.X is model.<infix>X there
// (ModelConfig::name_infix), and model.visual.X is what it is. Adapter files have these names.
std::string module_name(const std::string& name, const std::string& infix);

// A tensor of a checkpoint.
struct StoredPart {
  std::string name;
  Shape shape;
};

// The names that a checkpoint gives the parameters that nn/ asks for.
//
// model.X is stored as model.X or, in vision-language checkpoints, as model.language_model.X, in
// older ones as language_model.model.X. Expert stacks are stored fused (experts.gate_up_proj
// [E, 2F, C], experts.down_proj [E, C, F]) or expert by expert, under the names of ExpertNames.
class CheckpointNames {
 public:
  // As the family publishes its checkpoints.
  explicit CheckpointNames(const ModelConfig& config);
  // As these files have it.
  CheckpointNames(const ModelConfig& config, const ModelFiles& files);

  // The tensor of a parameter; of an expert stack, what it is called when it is fused.
  std::string name(const std::string& parameter) const;
  // The tensors that a parameter of this shape consists of: laid end to end they are the parameter.
  std::vector<StoredPart> parts(const std::string& parameter, const Shape& shape) const;

 private:
  std::string root_;                      // in the place of "model."
  std::string head_;                      // in front of "lm_head.weight"
  std::string vision_ = "model.visual.";  // in the place of that
  ExpertNames experts_;
  bool split_;
};

// A stored tensor of a part that a text model leaves out: vision tower, multi-token prediction,
// rotary tables of old files, and where the model has none a head over the vocabulary.
bool is_other_part(std::string_view stored_name, bool no_head);

// Reads one tensor at a time: memory in use while loading is what the model keeps plus that tensor.
class CheckpointReader {
 public:
  // Errors: kModel, kDisk, as ModelFiles::open.
  CheckpointReader(const std::string& directory, const ModelConfig& config);

  bool holds(const std::string& name) const { return files_.contains(names_.name(name)); }
  // Whether `name` is there with this shape, without reading it. Errors: as read.
  void require(const std::string& name, const Shape& shape) const;

  // The tensor as stored (any float dtype), on the CPU. Errors: kModel naming the tensor, the shape
  // expected and the shape found.
  Tensor read(const nn::WeightRequest& request);

  // The tensor is not read: its value comes from elsewhere. Errors: as read.
  void pass_over(const std::string& name, const Shape& shape);

  // After the model is built: the line to show about tensors that a text model does not use (vision
  // tower, multi-token prediction); empty if there are none. Errors: kModel for any other leftover,
  // since a name that nothing asked for means that the config describes another model.
  std::string finish() const;

 private:
  const StoredTensor& expect(const std::string& stored, const Shape& shape,
                             const std::string& asked_for) const;
  std::string place_of(const std::string& stored) const;
  Tensor read_part(const StoredPart& part, const std::string& asked_for);

  ModelFiles files_;
  CheckpointNames names_;
  bool no_head_;  // the model has no lm_head.weight
  std::set<std::string, std::less<>> used_;
};

}  // namespace hone
