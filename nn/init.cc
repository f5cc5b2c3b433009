// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/init.h"

#include <cmath>

#include "kernels/elementwise/elementwise.h"
#include "kernels/random_fill/random_fill.h"
#include "tensor/random.h"

namespace hone::nn {
namespace {

// The vectors of the delta rule: small, so the host draws them.
float gate_value(Init::Kind kind, float uniform) {
  if (kind == Init::Kind::a_log) return std::log(0.01f + 15.99f * uniform);
  const float step = std::exp(std::log(0.001f) + std::log(100.0f) * uniform);
  return step + std::log(-std::expm1(-step));
}

Tensor gate_values(const Shape& shape, Init::Kind kind, const RandomStream& random) {
  const Tensor t = Tensor::empty(shape, DType::f32);
  float* p = t.data<float>();
  for (int64_t i = 0; i < t.numel(); ++i)
    p[i] = gate_value(kind, random.uniform(static_cast<uint64_t>(i)));
  return t;
}

}  // namespace

Tensor initial_value(const Shape& shape, Init init, uint64_t seed, const std::string& name,
                     DType dtype, Device device) {
  const RandomStream random(seed, name);
  const float scale = static_cast<float>(init.scale);
  if (init.kind == Init::Kind::a_log || init.kind == Init::Kind::dt_bias)
    return kernels::cast(gate_values(shape, init.kind, random).to(device), dtype);
  const Tensor t = Tensor::empty(shape, dtype, device);
  switch (init.kind) {
    case Init::Kind::ones:
      kernels::fill(t, 1);
      break;
    case Init::Kind::normal:
      kernels::fill_normal(t, scale, random);
      break;
    case Init::Kind::uniform:
      kernels::fill_uniform(t, scale, random);
      break;
    default:
      kernels::fill(t, 0);
  }
  return t;
}

}  // namespace hone::nn
