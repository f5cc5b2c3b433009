// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A model as a Hugging Face model directory, written tensor by tensor.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/checkpoint_files.h"
#include "data/model_writer.h"
#include "models/weights.h"

namespace hone {

struct ModelDirectory {
  std::string path;
  // The directory that the model came from: its names of tensors are kept, its config.json and the
  // tensors of parts that a text model leaves out (vision tower, multi-token prediction) are copied
  // byte for byte, but that config.json tells of another head. Empty: the family's own names and `config_json`.
  std::string base;
  std::string config_json;
  int64_t shard_bytes = kDefaultShardBytes;

  // Writes the base weights among `parameters`; adapters are left out.
  //   type_of  of a tensor in the file. base: the file that had it, null without a base
  //   value_of  a parameter's value in any float dtype, on any device; asked for one at a time
  // Memory: one parameter. Errors: kDisk; kUsage and kModel as ModelWriter, ModelFiles.
  void write(const ModelConfig& config, const std::vector<nn::Parameter>& parameters,
             const std::function<StoredType(const StoredPart&, const ModelFiles* base)>& type_of,
             const std::function<Tensor(const nn::Parameter&)>& value_of) const;

 private:
  std::string base_config(const ModelConfig& config) const;
};

}  // namespace hone
