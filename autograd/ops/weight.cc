// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/weight.h"

#include "kernels/elementwise/elementwise.h"
#include "kernels/nf4/dequantize.h"

namespace hone {

Weight::Weight(std::shared_ptr<const QuantizedTensor> packed) : packed_(std::move(packed)) {
  check(packed_ != nullptr, "weight: no quantised tensor");
  kernels::check_quantized(*packed_);
}

Tensor Weight::materialize(DType dtype) const {
  if (packed_) return kernels::dequantize_4bit(*packed_, dtype);
  const Tensor& stored = dense_.value();
  return stored.dtype() == dtype ? stored : kernels::cast(stored, dtype);
}

}  // namespace hone
