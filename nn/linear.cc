// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/linear.h"

namespace hone::nn {

Linear::Linear(Builder& b, const std::string& path, int64_t in, int64_t out, const Options& options)
    : path_(path),
      weight_(
          b.matrix(path + ".weight", {out, in}, Init::normal(options.init), options.may_quantise)),
      bias_(options.bias ? b.parameter(path + ".bias", {out}, Init::zeros()) : Var()),
      lora_(b.lora(path, in, out, options.lora_by_parameter)) {}

Var Linear::operator()(const Var& x, const ForwardContext& context) const {
  if (!lora_) return linear(x, weight_, nullptr, bias_);
  Lora lora = *lora_;
  if (!context.training) lora.dropout = 0;
  lora.random = context.random(path_);
  return linear(x, weight_, &lora, bias_);
}

}  // namespace hone::nn
