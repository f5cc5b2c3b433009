// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nf4/multiply.h"

#include "kernels/core/scratch.h"
#include "kernels/nf4/dequantize.h"

namespace hone::kernels {

Tensor multiply_4bit(const Tensor& x, const QuantizedTensor& w) {
  check_quantized(w);
  check(x.rank() == 2 && w.shape.rank() == 2 && x.dim(1) == w.shape[1] &&
            (x.dim(1) <= 1 || x.stride(1) == 1),
        "multiply_4bit: x ", x.shape(), " does not fit a weight ", w.shape);
  check(x.device() == w.device(), "multiply_4bit: x is on ", name_of(x.device()),
        ", the weight on ", name_of(w.device()));
  const Tensor y = Tensor::empty({x.dim(0), w.shape[0]}, x.dtype(), x.device());
  const Tensor scratch = worker_scratch(w.shape[0], x.dim(1), x.dtype(), x.device());
  visit_device(x.device(), [&](auto device) { multiply_4bit(device, x, w, y, scratch); });
  return y;
}

Cost multiply_4bit_cost(int64_t m, int64_t n, int64_t k, DType t, bool nested) {
  const double rows = static_cast<double>(m),
               elements = static_cast<double>(n) * static_cast<double>(k);
  const double scales = elements / QuantizedTensor::kBlock * (nested ? 1 : 4);
  return {elements / 2 + scales + rows * static_cast<double>((n + k) * size_of(t)),
          2 * rows * elements};
}

}  // namespace hone::kernels
