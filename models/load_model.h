// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a directory (or a preset) to a model ready to run or train.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/causal_lm.h"
#include "models/lora_config.h"
#include "nn/parameter_arena.h"
#include "tensor/quantized.h"

namespace hone {

struct LoadOptions {
  std::string model = {};               // a Hugging Face model directory, or random:<preset>
  std::string adapter = {};             // a PEFT adapter directory to attach; may be empty
  std::optional<LoraConfig> lora = {};  // a fresh adapter; not together with `adapter`
  bool train_base = false;              // full finetuning
  // Which base weights train (models/unfrozen.h). Empty: all with train_base, else none. What is kept
  // in 4 bits stays frozen.
  std::vector<std::string> unfrozen = {};
  bool vision = false;        // with the vision tower, if the model has one: else it is text only
  bool inference = false;     // the adapter is frozen: no arena. Not with train_base
  bool decay_vectors = true;  // see nn::ParameterArena
  DType dtype = DType::f32;
  Device device = kCpu;  // where the weights go
  std::optional<QuantType> quantise = {};
  // The head to have, whatever the directory's model has; drawn where its weights have none. With a
  // fresh adapter a head of labels trains and is saved as a whole. Not given: the directory's, or that
  // which the adapter was trained with.
  std::optional<HeadConfig> head = {};
  uint64_t seed = 0;                       // of random weights and fresh adapters
  std::optional<ModelConfig> config = {};  // overrides the directory's
};

struct LoadedModel {
  ModelConfig config;
  std::optional<LoraConfig> lora;
  std::vector<nn::Parameter> parameters;      // in order of construction
  std::unique_ptr<nn::ParameterArena> arena;  // null when nothing trains
  std::unique_ptr<CausalLm> model;
  std::string note;  // one line on tensors that were left out; may be empty
};

// Memory in use while loading is what the model keeps plus one tensor.
// Errors: kModel, kUsage, kDisk, kOutOfMemory, each naming file and tensor; kUsage when `unfrozen`
// selects nothing.
LoadedModel load_model(const LoadOptions& options);

// The same model as shapes on the meta device that stands for options.device: what it would take,
// without reading a weight.
LoadedModel describe_model(const LoadOptions& options);

}  // namespace hone
