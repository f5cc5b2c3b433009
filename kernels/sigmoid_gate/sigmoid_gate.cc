// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/sigmoid_gate/sigmoid_gate.h"

namespace hone::kernels {
namespace {

void check_gate(const Tensor& a, const Tensor& z) {
  check(z.rank() == 3 && (z.dim(2) <= 1 || z.stride(2) == 1), "sigmoid_gate: gate ", z.shape(),
        " must be [N, H, D] with contiguous heads");
  check(a.shape() == Shape{z.dim(0), z.dim(1) * z.dim(2)} && a.dtype() == z.dtype() &&
            a.is_contiguous(),
        "sigmoid_gate: a ", a.shape(), " ", name_of(a.dtype()), " does not fit gate ", z.shape(),
        " ", name_of(z.dtype()));
}

void check_add(const Tensor& like, const Tensor& shared, const Tensor& z) {
  check(shared.rank() == 2 && like.shape() == shared.shape() && like.dtype() == shared.dtype() &&
            like.is_contiguous() && shared.is_contiguous(),
        "add_gated: routed ", like.shape(), " ", name_of(like.dtype()), " and shared ",
        shared.shape(), " ", name_of(shared.dtype()), " must be contiguous and alike");
  check(z.shape() == Shape{shared.dim(0), 1} && z.dtype() == shared.dtype() && z.is_contiguous(),
        "add_gated: logits ", z.shape(), " ", name_of(z.dtype()), " do not fit shared ",
        shared.shape(), " ", name_of(shared.dtype()));
}

// streams: arrays of N*C elements read or written.
Cost elementwise_cost(int64_t n, int64_t c, DType t, double streams, double flops) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  return {streams * elements * size_of(t), flops * elements};
}

}  // namespace

Tensor sigmoid_gate_forward(const Tensor& a, const Tensor& z) {
  check_gate(a, z);
  const Tensor y = Tensor::empty_like(a);
  visit_device(a.device(), [&](auto device) { sigmoid_gate_forward(device, a, z, y); });
  return y;
}

SigmoidGateGradients sigmoid_gate_backward(const Tensor& dy, const Tensor& a, const Tensor& z) {
  check_gate(a, z);
  check_gate(dy, z);
  const SigmoidGateGradients out = {Tensor::empty_like(a), Tensor::empty_like(z)};
  visit_device(a.device(), [&](auto device) { sigmoid_gate_backward(device, dy, a, z, out); });
  return out;
}

Tensor add_gated_forward(const Tensor& routed, const Tensor& shared, const Tensor& z) {
  check_add(routed, shared, z);
  const Tensor y = Tensor::empty_like(routed);
  visit_device(y.device(), [&](auto device) { add_gated_forward(device, routed, shared, z, y); });
  return y;
}

AddGatedGradients add_gated_backward(const Tensor& dy, const Tensor& shared, const Tensor& z) {
  check_add(dy, shared, z);
  const AddGatedGradients out = {Tensor::empty_like(shared), Tensor::empty_like(z)};
  visit_device(dy.device(), [&](auto device) { add_gated_backward(device, dy, shared, z, out); });
  return out;
}

Cost sigmoid_gate_forward_cost(int64_t n, int64_t c, DType t) {
  return elementwise_cost(n, c, t, 3, 4);
}
Cost sigmoid_gate_backward_cost(int64_t n, int64_t c, DType t) {
  return elementwise_cost(n, c, t, 5, 8);
}
Cost add_gated_forward_cost(int64_t n, int64_t c, DType t) {
  return elementwise_cost(n, c, t, 3, 2);
}
Cost add_gated_backward_cost(int64_t n, int64_t c, DType t) {
  return elementwise_cost(n, c, t, 3, 3);
}

}  // namespace hone::kernels
