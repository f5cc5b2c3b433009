// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/init.h"

#include <cmath>

#include "kernels/core/parallel.h"
#include "tensor/random.h"

namespace hone::nn {

Tensor initial_value(const Shape& shape, Init init, uint64_t seed, const std::string& name) {
  Tensor t = Tensor::empty(shape, DType::f32);
  float* p = t.data<float>();
  const RandomStream random(seed, name);
  const float scale = static_cast<float>(init.scale);
  const auto value = [&](uint64_t i) -> float {
    switch (init.kind) {
      case Init::Kind::zeros:
        return 0;
      case Init::Kind::ones:
        return 1;
      case Init::Kind::normal:
        return scale * random.normal(i);
      case Init::Kind::uniform:
        return scale * (2 * random.uniform(i) - 1);
      case Init::Kind::a_log:
        return std::log(0.01f + 15.99f * random.uniform(i));
      case Init::Kind::dt_bias: {
        const float step = std::exp(std::log(0.001f) + std::log(100.0f) * random.uniform(i));
        return step + std::log(-std::expm1(-step));
      }
    }
    return 0;
  };
  kernels::parallel_for(t.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) p[i] = value(static_cast<uint64_t>(i));
  });
  return t;
}

}  // namespace hone::nn
