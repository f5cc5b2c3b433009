// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/mlp.h"

#include "autograd/ops/geglu.h"
#include "autograd/ops/squared_relu.h"
#include "autograd/ops/swiglu.h"

namespace hone::nn {
namespace {

std::optional<Linear> make_gate(Builder& b, const std::string& path, const MlpConfig& c) {
  if (c.kind == MlpKind::squared_relu) return std::nullopt;
  return Linear(b, path + ".gate_proj", c.hidden, c.width, {.bias = c.bias, .init = c.init});
}

}  // namespace

Mlp::Mlp(Builder& b, const std::string& path, const MlpConfig& c)
    : kind_(c.kind),
      gate_(make_gate(b, path, c)),
      up_(b, path + ".up_proj", c.hidden, c.width, {.bias = c.bias, .init = c.init}),
      down_(b, path + ".down_proj", c.width, c.hidden, {.bias = c.bias, .init = c.init}) {}

Var Mlp::operator()(const Var& x, const ForwardContext& context) const {
  if (kind_ == MlpKind::squared_relu) return down_(squared_relu(up_(x, context)), context);
  const Var gate = (*gate_)(x, context), up = up_(x, context);
  return down_(kind_ == MlpKind::geglu ? geglu(gate, up) : swiglu(gate, up), context);
}

}  // namespace hone::nn
