// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/weight.h"

#include "kernels/elementwise/elementwise.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/selective.h"

namespace hone {

Weight::Weight(std::shared_ptr<const QuantizedTensor> packed) : packed_(std::move(packed)) {
  check(packed_ != nullptr, "weight: no quantised tensor");
  kernels::check_quantized(*packed_);
}

Weight::Weight(std::shared_ptr<const Fp8Experts> fp8) : fp8_(std::move(fp8)) {
  check(fp8_ != nullptr, "weight: no e4m3 experts");
  kernels::check_fp8(*fp8_);
}

const Shape& Weight::shape() const {
  return packed_ ? packed_->shape : fp8_ ? fp8_->codes.shape() : dense_.shape();
}

Device Weight::device() const {
  return packed_ ? packed_->device() : fp8_ ? fp8_->codes.device() : dense_.device();
}

int64_t Weight::nbytes() const {
  return packed_ ? packed_->nbytes() : fp8_ ? fp8_->nbytes() : dense_.value().nbytes();
}

void Weight::dequantize_experts(int64_t begin, const Tensor& out) const {
  check(quantized(), "weight: dequantize_experts of a dense weight ", shape());
  if (fp8_) return kernels::dequantize_fp8_experts(*fp8_, begin, out);
  const int64_t experts = shape()[0];
  kernels::dequantize_4bit_range(*packed_, experts == 0 ? 0 : begin * (shape().numel() / experts),
                                 out);
}

Tensor Weight::materialize(DType dtype) const {
  const MemoryScope scope("scratch");
  if (packed_) return kernels::dequantize_4bit(*packed_, dtype);
  if (fp8_) {
    const Tensor dense = Tensor::empty(shape(), dtype, device());
    kernels::dequantize_fp8_experts(*fp8_, 0, dense);
    return dense;
  }
  const Tensor& stored = dense_.value();
  return stored.dtype() == dtype ? stored : kernels::cast(stored, dtype);
}

}  // namespace hone
