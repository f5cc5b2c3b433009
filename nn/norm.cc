// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/norm.h"

#include "autograd/ops/layer_norm.h"
#include "autograd/ops/rms_norm.h"

namespace hone::nn {
namespace {

kernels::NormWeight weight_form(NormKind kind) {
  return kind == NormKind::rms || kind == NormKind::layer ? kernels::NormWeight::plain
                                                          : kernels::NormWeight::zero_centred;
}

bool is_layer_norm(NormKind kind) {
  return kind == NormKind::layer || kind == NormKind::layer_zero_centred;
}

}  // namespace

Norm::Norm(Builder& b, const std::string& path, int64_t width, NormKind kind, double eps)
    : kind_(kind),
      eps_(eps),
      weight_(b.parameter(
          path + ".weight", {width},
          weight_form(kind) == kernels::NormWeight::plain ? Init::ones() : Init::zeros())) {
  if (is_layer_norm(kind)) bias_ = b.parameter(path + ".bias", {width}, Init::zeros());
}

Var Norm::operator()(const Var& x) const {
  if (is_layer_norm(kind_)) return layer_norm(x, weight_, bias_, eps_, weight_form(kind_));
  return rms_norm(x, weight_, eps_, weight_form(kind_));
}

std::array<Var, 2> Norm::add(const Var& x, const Var& residual) const {
  if (is_layer_norm(kind_))
    return add_layer_norm(x, residual, weight_, bias_, eps_, weight_form(kind_));
  return add_rms_norm(x, residual, weight_, eps_, weight_form(kind_));
}

}  // namespace hone::nn
