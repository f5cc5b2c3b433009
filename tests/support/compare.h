// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How far two tensors are apart, and random inputs for tests.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "kernels/elementwise/elementwise.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace hone::test {

// ||a - b|| / max(||b||, 1e-30), computed in double; infinite if anything is not finite.
inline double rel_err(const Tensor& a, const Tensor& b) {
  check(a.shape() == b.shape(), "rel_err: ", a.shape(), " and ", b.shape());
  const std::vector<double> x = kernels::cast(a, DType::f64).to_vector<double>();
  const std::vector<double> y = kernels::cast(b, DType::f64).to_vector<double>();
  double difference = 0, norm = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    difference += (x[i] - y[i]) * (x[i] - y[i]);
    norm += y[i] * y[i];
  }
  const double error = std::sqrt(difference) / std::max(std::sqrt(norm), 1e-30);
  return std::isfinite(error) ? error : HUGE_VAL;
}

// The same bytes: dtype, shape and every bit.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const Tensor x = kernels::contiguous(a), y = kernels::contiguous(b);
  const auto* p = static_cast<const unsigned char*>(x.raw());
  return std::equal(p, p + x.nbytes(), static_cast<const unsigned char*>(y.raw()));
}

// Normal numbers times `scale` in any float dtype; the stream name makes them differ.
inline Tensor random_tensor(const Shape& shape, DType dtype, const std::string& stream,
                            double scale = 1.0) {
  const RandomStream random(1, stream);
  std::vector<float> values;
  for (int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(static_cast<float>(scale) * random.normal(static_cast<uint64_t>(i)));
  return kernels::cast(Tensor::of(values, shape), dtype);
}

}  // namespace hone::test
