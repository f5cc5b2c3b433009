// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/elementwise.h"

namespace hone::kernels {
namespace {

void check_pair(const char* op, const Tensor& a, const Tensor& b) {
  check(a.shape() == b.shape() && a.dtype() == b.dtype(), op, ": ", a.shape(), " ",
        name_of(a.dtype()), " and ", b.shape(), " ", name_of(b.dtype()));
  check(a.is_contiguous() && b.is_contiguous(), op, ": operands must be contiguous");
}

}  // namespace

void fill(const Tensor& t, double value) {
  check(t.is_contiguous(), "fill: not contiguous");
  visit_device(t.device(), [&](auto device) { fill(device, t, value); });
}

void cast_into(const Tensor& from, const Tensor& to, bool accumulate) {
  check(from.shape() == to.shape(), "cast: ", from.shape(), " into ", to.shape());
  const auto unit = [](const Tensor& t) {
    return t.rank() == 0 || t.stride(-1) == 1 || t.dim(-1) <= 1;
  };
  check(unit(from) && unit(to), "cast: the last dimension must be contiguous");
  check(is_float(from.dtype()) && is_float(to.dtype()), "cast: ", name_of(from.dtype()), " to ",
        name_of(to.dtype()));
  visit_device(from.device(), [&](auto device) { cast_into(device, from, to, accumulate); });
}

Tensor cast(const Tensor& t, DType dtype) {
  Tensor y = Tensor::empty(t.shape(), dtype, t.device());
  cast_into(t, y, false);
  return y;
}

Tensor contiguous(const Tensor& t) { return t.is_contiguous() ? t : cast(t, t.dtype()); }

Tensor add(const Tensor& a, const Tensor& b) {
  check_pair("add", a, b);
  Tensor y = Tensor::empty_like(a);
  visit_device(a.device(), [&](auto device) { add(device, a, b, y); });
  return y;
}

Tensor multiply(const Tensor& a, const Tensor& b) {
  check_pair("multiply", a, b);
  Tensor y = Tensor::empty_like(a);
  visit_device(a.device(), [&](auto device) { multiply(device, a, b, y); });
  return y;
}

Tensor scale(const Tensor& a, double factor) {
  check(a.is_contiguous(), "scale: not contiguous");
  Tensor y = Tensor::empty_like(a);
  visit_device(a.device(), [&](auto device) { scale(device, a, factor, y); });
  return y;
}

Tensor scale(const Tensor& a, const Tensor& factor) {
  check(a.is_contiguous(), "scale: not contiguous");
  check(factor.defined() && factor.numel() == 1 && factor.dtype() == accumulator_dtype(a.dtype()),
        "scale: the factor of ", name_of(a.dtype()), " must be one ",
        name_of(accumulator_dtype(a.dtype())), ", got ", factor.shape(), " ",
        name_of(factor.dtype()));
  Tensor y = Tensor::empty_like(a);
  visit_device(a.device(), [&](auto device) { scale(device, a, factor, y); });
  return y;
}

Cost add_cost(int64_t n, DType t) {
  return {3.0 * static_cast<double>(n * size_of(t)), static_cast<double>(n)};
}

Cost cast_cost(int64_t n, DType from, DType to) {
  return {static_cast<double>(n * (size_of(from) + size_of(to))), 0};
}

}  // namespace hone::kernels
