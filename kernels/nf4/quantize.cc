// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nf4/quantize.h"

#include "kernels/core/scratch.h"
#include "kernels/nf4/ordered_mean.h"

namespace hone::kernels {

QuantizedTensor quantize_4bit(const Tensor& x, QuantType type, bool nested) {
  check(x.is_contiguous(), "quantize_4bit: x ", x.shape(), " must be contiguous");
  check(x.dtype() == DType::f32 || x.dtype() == DType::bf16 || x.dtype() == DType::f16,
        "quantize_4bit: x is ", name_of(x.dtype()), ", not float32, bfloat16 or float16");
  QuantizedTensor q{.type = type, .shape = x.shape(), .dtype = x.dtype()};
  const int64_t blocks = q.blocks();
  q.codes = Tensor::empty({(q.numel() + 1) / 2, 1}, DType::u8, x.device());
  const Tensor absmax = Tensor::empty({blocks}, DType::f32, x.device());
  visit_device(x.device(), [&](auto device) { quantize_blocks(device, x, type, q.codes, absmax); });
  if (!nested) {
    q.absmax = absmax;
    return q;
  }
  constexpr int64_t kNested = QuantizedTensor::kNestedBlock;
  q.absmax = Tensor::empty({blocks}, DType::u8, x.device());
  q.nested_absmax = Tensor::empty({(blocks + kNested - 1) / kNested}, DType::f32, x.device());
  q.nested_offset = Tensor::empty({}, DType::f32, x.device());
  Tensor sums;  // of the blocks of threads that add up the offset on a GPU
  if (is_gpu(x.device()))
    sums = scratch_tensor({blocks > 0 ? ordered_mean_launch(blocks).blocks : 0}, DType::f32,
                          x.device());
  visit_device(x.device(), [&](auto device) { quantize_absmax(device, absmax, q, sums); });
  return q;
}

Cost quantize_4bit_cost(int64_t n, DType t, bool nested) {
  const double elements = static_cast<double>(n);
  const double scales = elements / QuantizedTensor::kBlock * (nested ? 1 : 4);
  return {elements * (static_cast<double>(size_of(t)) + 0.5) + scales, elements * 18};
}

}  // namespace hone::kernels
