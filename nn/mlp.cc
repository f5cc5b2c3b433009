// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/mlp.h"

#include "autograd/ops/swiglu.h"

namespace hone::nn {

SwigluMlp::SwigluMlp(Builder& b, const std::string& path, int64_t hidden, int64_t width,
                     double init)
    : gate_(b, path + ".gate_proj", hidden, width, {.init = init}),
      up_(b, path + ".up_proj", hidden, width, {.init = init}),
      down_(b, path + ".down_proj", width, hidden, {.init = init}) {}

Var SwigluMlp::operator()(const Var& x, const ForwardContext& context) const {
  return down_(swiglu(gate_(x, context), up_(x, context)), context);
}

}  // namespace hone::nn
