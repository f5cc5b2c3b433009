// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nf4/dequantize.h"

namespace hone::kernels {
namespace {

void check_part(const char* name, const Tensor& t, DType dtype, int64_t numel) {
  check(t.defined() && t.dtype() == dtype && t.numel() == numel && t.is_contiguous(),
        "dequantize_4bit: ", name, " should hold ", numel, " contiguous ", name_of(dtype),
        " elements, has ", t.defined() ? t.shape().str() : "none", " ",
        t.defined() ? name_of(t.dtype()) : "");
}

}  // namespace

void check_quantized(const QuantizedTensor& q) {
  const int64_t blocks = q.blocks();
  check_part("codes", q.codes, DType::u8, (q.numel() + 1) / 2);
  check_part("absmax", q.absmax, q.nested() ? DType::u8 : DType::f32, blocks);
  if (!q.nested()) return;
  constexpr int64_t kNested = QuantizedTensor::kNestedBlock;
  check_part("nested_absmax", q.nested_absmax, DType::f32, (blocks + kNested - 1) / kNested);
  check_part("nested_offset", q.nested_offset, DType::f32, 1);
}

void dequantize_4bit_range(const QuantizedTensor& q, int64_t begin, const Tensor& out) {
  check_quantized(q);
  check(out.is_contiguous() && out.device() == q.device(),
        "dequantize_4bit: the output must be contiguous and on the codes' device");
  check(begin >= 0 && begin <= q.numel() - out.numel(), "dequantize_4bit: elements [", begin, ", ",
        begin + out.numel(), ") of ", q.numel());
  visit_device(out.device(), [&](auto device) { dequantize_4bit_range(device, q, begin, out); });
}

Tensor dequantize_4bit(const QuantizedTensor& q, DType dtype) {
  const Tensor y = Tensor::empty(q.shape, dtype, q.device());
  dequantize_4bit_range(q, 0, y);
  return y;
}

Cost dequantize_4bit_cost(int64_t n, DType t, bool nested) {
  const double elements = static_cast<double>(n);
  const double scales = elements / QuantizedTensor::kBlock * (nested ? 1 : 4);
  return {elements * (static_cast<double>(size_of(t)) + 0.5) + scales, elements};
}

}  // namespace hone::kernels
