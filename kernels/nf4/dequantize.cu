// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A thread makes 8 elements (16 bytes of bf16) from 4 bytes of codes, all of one block of 64
// (dequantize.cuh).
#include "kernels/nf4/dequantize.cuh"
#include "kernels/nf4/dequantize.h"

namespace hone::kernels {

void dequantize_4bit_range(Cuda device, const QuantizedTensor& q, int64_t begin,
                           const Tensor& out) {
  if (out.numel() == 0) return;
  const auto run = [&]<class T>() {
    launch_dequantize<T>(device, q, nullptr, begin, out.numel(), 1, out);
  };
  if (out.dtype() == DType::f16) return run.template operator()<f16>();
  visit_float(out.dtype(), run);
}

}  // namespace hone::kernels
