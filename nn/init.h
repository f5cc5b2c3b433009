// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "tensor/tensor.h"

namespace hone::nn {

// How a parameter starts when no checkpoint gives it.
struct Init {
  enum class Kind {
    zeros,
    ones,
    normal,   // N(0, scale^2)
    uniform,  // U(-scale, scale): LoRA A with scale = 1 / sqrt(in), which is kaiming_uniform(sqrt
              // 5)
    a_log,    // ln U(0.01, 16): decay rates of the gated delta rule
    dt_bias,  // softplus^-1 of a time step between 0.001 and 0.1, uniform in its logarithm
  };
  Kind kind = Kind::zeros;
  double scale = 0;

  static Init zeros() { return {Kind::zeros}; }
  static Init ones() { return {Kind::ones}; }
  static Init normal(double deviation) { return {Kind::normal, deviation}; }
  static Init uniform(double bound) { return {Kind::uniform, bound}; }
  static Init a_log() { return {Kind::a_log}; }
  // With a_log a state keeps between e^-1.6 and almost all of itself from a token to the next. A bias
  // of one would leave e^-10 of it: layers without memory, which are slow to learn that they have one.
  //                                               source: Gu and Dao 2023, arXiv:2312.00752, 3.6
  static Init dt_bias() { return {Kind::dt_bias}; }
};

// Drawn on `device` from the stream keyed by (seed, name): independent of the order in which
// parameters are made. dtype: f32, f64 or bf16, rounded once from f32.
Tensor initial_value(const Shape& shape, Init init, uint64_t seed, const std::string& name,
                     DType dtype = DType::f32, Device device = kCpu);

}  // namespace hone::nn
