// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where the values of a model's parameters come from.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/peft.h"
#include "models/weights.h"

namespace hone {

// Base weights: the adapter's where it has its own, else the checkpoint's or fresh ones. LoRA: the
// adapter's, or fresh.
class WeightReader {
 public:
  struct Sources {
    std::string checkpoint;            // a model directory; empty: fresh weights
    AdapterReader* adapter = nullptr;  // outlives this; may be null
    // Draws what no file has.
    std::function<Tensor(const nn::WeightRequest&)> fresh_base = {}, fresh_lora = {};
    bool fresh_head = false;  // a head of labels that the checkpoint lacks is drawn too
  };
  // parameters: all of the model. Errors: kModel if the checkpoint lacks one or has another shape.
  WeightReader(Sources sources, const ModelConfig& config,
               const std::vector<nn::Parameter>& parameters);

  // As stored (any float dtype). Errors: kModel, kDisk.
  Tensor base(const nn::WeightRequest& request);
  Tensor lora(const nn::WeightRequest& request);

  // After everything was read: lines about the files, "" for none. Errors: kModel for tensors that
  // nothing asked for.
  std::vector<std::string> finish() const;

 private:
  bool is_fresh(const std::string& name) const;

  Sources sources_;
  PeftLayout layout_;
  std::optional<CheckpointReader> checkpoint_;
};

}  // namespace hone
