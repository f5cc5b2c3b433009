// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "nn/builder.h"
#include "nn/forward_context.h"

namespace hone::nn {

// y = x W^T + bias, plus LoRA if the builder chose it for this module.
class Linear {
 public:
  struct Options {
    bool bias = false;
    bool may_quantise = true;
    bool lora_by_parameter = false;  // PEFT addresses it as the parameter <path>.weight (routers)
    double init = 0.02;              // standard deviation of a fresh weight
  };
  // Parameters: <path>.weight [out, in], <path>.bias [out].
  Linear(Builder& b, const std::string& path, int64_t in, int64_t out, const Options& options);

  // x [..., in] -> [..., out]
  Var operator()(const Var& x, const ForwardContext& context) const;

 private:
  std::string path_;
  Weight weight_;
  Var bias_;
  std::optional<Lora> lora_;
};

}  // namespace hone::nn
