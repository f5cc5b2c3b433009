// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// PEFT adapter directories: adapter_config.json and adapter_model.safetensors.
//
// Keys are base_model.model.<module path>.lora_{A,B}.weight. Expert stacks have no key of their
// own: PEFT wraps the module that owns the parameters once per targeted parameter, in registration
// order, so with both targeted gate_up_proj is ...experts.base_layer.lora_* (inner) and down_proj
// ...experts.lora_* (outer); with one targeted it is ...experts.lora_*.
//
// Expert matrices, for a stack [E, out, in] and rank R:
//   here        A [E, R, in]          B [E, out, R]
//   PEFT 0.19+  A [R E, in]: row e R + k          B [out, R E]: column k E + e
//   before      in and out exchanged: A [R E, out], B [in, R E], delta W_e = scale (B_e A_e)^T
//
// Base weights that were trained are in the file too: base_model.model.<path>, with .base_layer for
// each time that PEFT wraps the module. Those of modules_to_save become PEFT's copies of these
// modules, others replace the base's.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/safetensors.h"
#include "models/config.h"
#include "models/lora_config.h"
#include "nn/parameter_arena.h"

namespace hone {

// Where one tensor is in a PEFT file, in the layout of current PEFT.
struct PeftTensor {
  std::string key;  // without "base_model.model."
  Tensor value;
};

// Translates between names and layouts of the model and of PEFT files.
class PeftLayout {
 public:
  // names: of all LoRA matrices of the model; others do not matter. infix: ModelConfig::name_infix.
  PeftLayout(const std::vector<std::string>& names, const std::string& infix);

  // "model.layers.0.mlp.experts.down_proj.lora_B" -> "model.layers.0.mlp.experts.lora_B.weight"
  std::string key(const std::string& name) const;
  // A tensor or its gradient in PEFT's layout (a copy for experts' B).
  PeftTensor to_peft(const std::string& name, const Tensor& value) const;

 private:
  int64_t wraps(const std::string& module) const;

  std::map<std::string, int64_t> wraps_;  // how often PEFT wraps a module
  std::string infix_;
};

// Reads tensors of an adapter directory under the model's names.
class AdapterReader {
 public:
  // Errors: kModel; an embedding that was trained apart from the head to which the model ties it.
  AdapterReader(const std::string& adapter_dir, const LoraConfig& config, const ModelConfig& model);

  // Whether the file has its own values of a base weight.
  bool holds(const std::string& weight) const { return weights_.contains(weight); }

  // Throws Error(kModel) when the file has no values of its own of a base weight that
  // adapter_config.json says it has.
  void require(const std::string& weight) const;

  // f32 or as stored, on the CPU, in this project's layout. Errors: kModel naming key and shapes.
  Tensor read(const nn::WeightRequest& request, const PeftLayout& layout);
  // A line on values that are not finite numbers, "" if all are.
  // Throws Error(kModel) if the file holds tensors that nothing in the model asked for.
  std::string finish() const;

 private:
  void check_tied_head(const LoraConfig& config);
  std::string find_key(const std::string& name, const PeftLayout& layout) const;
  Tensor read_stored(const nn::WeightRequest& request, const PeftLayout& layout);
  Tensor read_expert(const nn::WeightRequest& request, const std::string& key) const;
  bool old_orientation(const nn::WeightRequest& request, const std::string& key) const;

  SafetensorsFile file_;
  std::string peft_version_;
  std::map<std::string, std::string> weights_;  // base weights by name -> key
  std::set<std::string> used_;
  int64_t not_finite_ = 0;  // values
};

// Writes dir/adapter_config.json and dir/adapter_model.safetensors in the layout of current PEFT:
// everything that trains. Errors: kDisk.
void write_adapter(const std::string& dir, const LoraConfig& config,
                   const nn::ParameterArena& arena, const ModelConfig& model);

}  // namespace hone
