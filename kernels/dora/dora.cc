// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/dora/dora.h"

#include "kernels/core/ceil_div.h"
#include "kernels/core/scratch.h"

namespace hone::kernels {
namespace {

void check_vector(const Tensor& u, const Tensor& t, const char* name, DType dtype) {
  check(t.shape() == Shape{u.dim(1)} && t.dtype() == dtype && t.is_contiguous(), "dora: ", name,
        " ", t.shape(), " ", name_of(t.dtype()), " does not fit ", u.shape(), "; expected ",
        name_of(dtype));
}

void check_operands(const Tensor& u, const Tensor& magnitude, const Tensor& norm) {
  check(u.rank() == 2 && u.is_contiguous(), "dora: u ", u.shape(), " must be a contiguous matrix");
  check_vector(u, magnitude, "magnitude", accumulator_dtype(u.dtype()));
  check_vector(u, norm, "norm", accumulator_dtype(u.dtype()));
}

Tensor parts_for(const Tensor& u, const GradTarget& target) {
  if (!target.wanted()) return Tensor();
  return scratch_tensor({ceil_div(u.dim(0), kDoraRowBlock), u.dim(1)}, accumulator_dtype(u.dtype()),
                        u.device());
}

}  // namespace

Tensor dora_norms(const Tensor& v) {
  check(v.rank() == 2 && v.is_contiguous() && v.dtype() == accumulator_dtype(v.dtype()), "dora: v ",
        v.shape(), " ", name_of(v.dtype()), " must be a contiguous f32 or f64 matrix");
  const Tensor norm = Tensor::empty({v.dim(0)}, v.dtype(), v.device());
  visit_device(v.device(), [&](auto device) { dora_norms(device, v, norm); });
  return norm;
}

Tensor dora_forward(const Tensor& u, const Tensor& magnitude, const Tensor& norm,
                    const Tensor& bias) {
  check_operands(u, magnitude, norm);
  if (bias.defined()) check_vector(u, bias, "bias", u.dtype());
  const Tensor y = Tensor::empty_like(u);
  visit_device(u.device(), [&](auto device) { dora_forward(device, u, magnitude, norm, bias, y); });
  return y;
}

Tensor dora_backward(const Tensor& dy, const Tensor& u, const Tensor& magnitude, const Tensor& norm,
                     const GradTarget& dmagnitude, const GradTarget& dbias) {
  check_operands(u, magnitude, norm);
  check(dy.shape() == u.shape() && dy.dtype() == u.dtype() && dy.is_contiguous(), "dora: dy ",
        dy.shape(), " ", name_of(dy.dtype()), " must be contiguous and like u ", u.shape());
  const Tensor du = Tensor::empty_like(u);
  const Tensor magnitude_parts = parts_for(u, dmagnitude), bias_parts = parts_for(u, dbias);
  visit_device(u.device(), [&](auto device) {
    dora_backward(device, dy, u, magnitude, norm, du, dmagnitude, magnitude_parts, dbias,
                  bias_parts);
  });
  return du;
}

Cost dora_norms_cost(int64_t out, int64_t in, DType t) {
  const double elements = static_cast<double>(out) * static_cast<double>(in);
  return {elements * size_of(t) + static_cast<double>(out * size_of(t)), 2 * elements};
}

Cost dora_forward_cost(int64_t n, int64_t out, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(out);
  return {2 * elements * size_of(t) + 8.0 * static_cast<double>(out), elements};
}

Cost dora_backward_cost(int64_t n, int64_t out, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(out);
  return {3 * elements * size_of(t) + 12.0 * static_cast<double>(out), 3 * elements};
}

}  // namespace hone::kernels
