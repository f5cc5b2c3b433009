// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/linear.h"

#include "autograd/ops/arithmetic.h"
#include "autograd/ops/dora.h"
#include "autograd/ops/dropout.h"

namespace hone::nn {

Linear::Linear(Builder& b, const std::string& path, int64_t in, int64_t out, const Options& options)
    : path_(path),
      weight_(
          b.matrix(path + ".weight", {out, in}, Init::normal(options.init), options.may_quantise)),
      bias_(options.bias ? b.parameter(path + ".bias", {out}, Init::zeros()) : Var()),
      lora_(b.lora(path, in, out, options.lora_by_parameter)) {
  if (!lora_ || options.lora_by_parameter) return;
  magnitude_ = b.magnitude(path, out, [this] { return dora_norms(weight_, *lora_); });
  if (magnitude_.defined() && b.options().inference) norms_ = dora_norms(weight_, *lora_);
}

// W (x - drop(x)) + c * (W + scale * B A) drop(x) + bias, of which the first part is only there with
// dropout.
Var Linear::with_dora(const Var& x, const Lora& lora) const {
  Lora update = lora;
  update.dropout = 0;
  const Var dropped = lora.dropout > 0 ? dropout(x, lora.dropout, lora.random) : x;
  const Tensor norms = norms_.defined() ? norms_ : dora_norms(weight_, lora);
  const Var y = dora(linear(dropped, weight_, &update), magnitude_, norms, bias_);
  return lora.dropout > 0 ? add(y, linear(add(x, scale(dropped, -1.0)), weight_)) : y;
}

Var Linear::operator()(const Var& x, const ForwardContext& context) const {
  if (!lora_) return linear(x, weight_, nullptr, bias_);
  Lora lora = *lora_;
  if (!context.training) lora.dropout = 0;
  lora.random = context.random(path_);
  return magnitude_.defined() ? with_dora(x, lora) : linear(x, weight_, &lora, bias_);
}

}  // namespace hone::nn
