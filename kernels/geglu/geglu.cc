// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/geglu/geglu.h"

namespace hone::kernels {
namespace {

void check_like(const Tensor& gate, const Tensor& t, const char* name) {
  check(t.rank() == 2 && t.shape() == gate.shape() && t.dtype() == gate.dtype() &&
            (t.dim(1) <= 1 || t.stride(1) == 1),
        "geglu: ", name, " ", t.shape(), " ", name_of(t.dtype()),
        " must be a matrix with contiguous columns like gate ", gate.shape(), " ",
        name_of(gate.dtype()));
}

}  // namespace

Tensor geglu_forward(const Tensor& gate, const Tensor& up) {
  check_like(gate, gate, "gate");
  check_like(gate, up, "up");
  const Tensor h = Tensor::empty_like(gate);
  visit_device(gate.device(), [&](auto device) { geglu_forward(device, gate, up, h); });
  return h;
}

void geglu_backward(const Tensor& dh, const Tensor& gate, const Tensor& up, const Tensor& dgate,
                    const Tensor& dup) {
  check_like(gate, dh, "dh");
  check_like(gate, up, "up");
  check_like(gate, dgate, "dgate");
  check_like(gate, dup, "dup");
  visit_device(gate.device(),
               [&](auto device) { geglu_backward(device, dh, gate, up, dgate, dup); });
}

Cost geglu_forward_cost(int64_t n, int64_t i, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(i);
  return {3 * elements * size_of(t), 10 * elements};
}

Cost geglu_backward_cost(int64_t n, int64_t i, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(i);
  return {5 * elements * size_of(t), 20 * elements};
}

}  // namespace hone::kernels
