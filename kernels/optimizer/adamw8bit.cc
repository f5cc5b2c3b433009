// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/adamw8bit.h"

namespace hone::kernels {
namespace {

void check_state(const char* name, const Tensor& t, DType dtype, int64_t n) {
  check(t.shape() == Shape{n} && t.dtype() == dtype && t.is_contiguous(), "adamw8bit: ", name,
        " should be ", name_of(dtype), " [", n, "], is ", name_of(t.dtype()), " ", t.shape());
}

int64_t blocks_of(int64_t n) { return (n + AdamW8bitState::kBlock - 1) / AdamW8bitState::kBlock; }

}  // namespace

AdamW8bitState AdamW8bitState::zeros(int64_t n, Device device) {
  return {Tensor::zeros({n}, DType::u8, device), Tensor::zeros({n}, DType::u8, device),
          Tensor::zeros({blocks_of(n)}, DType::f32, device),
          Tensor::zeros({blocks_of(n)}, DType::f32, device)};
}

void adamw8bit_step(const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                    const Tensor& shadow, const StepScalars& scalars,
                    const AdamWSettings& settings) {
  const int64_t n = p.numel();
  check(p.dtype() == DType::f32 || p.dtype() == DType::bf16 || p.dtype() == DType::f16,
        "adamw8bit: parameters are ", name_of(p.dtype()));
  check_state("p", p, p.dtype(), n);
  check_state("grad", grad, grad.dtype() == DType::f32 ? DType::f32 : p.dtype(), n);
  check_state("c1", state.c1, DType::u8, n);
  check_state("c2", state.c2, DType::u8, n);
  check_state("absmax1", state.absmax1, DType::f32, blocks_of(n));
  check_state("absmax2", state.absmax2, DType::f32, blocks_of(n));
  if (shadow.defined()) check_state("shadow", shadow, DType::bf16, n);
  visit_device(p.device(), [&](auto device) {
    adamw8bit_step(device, p, grad, state, shadow, scalars, settings);
  });
}

Cost adamw8bit_cost(int64_t n, DType t, bool shadow) {
  const double bytes = 2.0 * static_cast<double>(size_of(t)) + 4 + 4 + (shadow ? 2 : 0) + 1.0 / 16;
  return {static_cast<double>(n) * bytes, static_cast<double>(n) * 40};
}

}  // namespace hone::kernels
