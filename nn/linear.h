// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "nn/builder.h"
#include "nn/forward_context.h"

namespace hone::nn {

// y = x W^T + bias, plus LoRA if the builder chose it for this module; with DoRA
//
//   y = c * (W x + scale * B A x) + bias    c = magnitude / || W + scale * B A ||, by rows
//
// and with dropout on x, y = W x + (c - 1) * W drop(x) + c * scale * B A drop(x) + bias, as PEFT has it.
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
  Var with_dora(const Var& x, const Lora& lora) const;

  std::string path_;
  Weight weight_;
  Var bias_;
  std::optional<Lora> lora_;
  Var magnitude_;  // of DoRA; undefined without it
  Tensor norms_;   // of a frozen adapter's rows
};

}  // namespace hone::nn
