// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nf4/selective.h"

#include <algorithm>
#include <vector>

#include "kernels/nf4/dequantize.h"

namespace hone::kernels {
namespace {

Shape stacked(int64_t experts, const Shape& expert) {
  Shape shape{experts};
  for (const int64_t d : expert) shape.push_back(d);
  return shape;
}

Shape shape_of_expert(const Tensor& stack) {
  return Shape(stack.shape().begin() + 1, stack.shape().end());
}

void check_ids(const char* op, const Tensor& ids) {
  check(ids.dtype() == DType::i32 && ids.is_contiguous(), op,
        ": ids must be contiguous int32, are ", name_of(ids.dtype()), " ", ids.shape());
}

void check_stack(const Tensor& stack, const ActiveExperts& active) {
  check(stack.rank() >= 1 && stack.dim(0) == active.compact.numel() && stack.is_contiguous(),
        "gather_experts: a stack ", stack.shape(), " for ", active.compact.numel(), " experts");
}

}  // namespace

ActiveExperts active_experts(const Tensor& ids, int64_t experts) {
  check_ids("active_experts", ids);
  if (ids.is_meta())
    return {Tensor::empty({std::min(experts, ids.numel())}, DType::i32, ids.device()),
            Tensor::empty({experts}, DType::i32, ids.device())};
  std::vector<int32_t> compact(static_cast<size_t>(experts), -1), list;
  for (const int32_t e : ids.to_vector<int32_t>()) {
    check(e >= 0 && e < experts, "active_experts: id ", e, " of ", experts, " experts");
    compact[static_cast<size_t>(e)] = 0;
  }
  for (int32_t e = 0; e < experts; ++e) {
    if (compact[static_cast<size_t>(e)] < 0) continue;
    compact[static_cast<size_t>(e)] = static_cast<int32_t>(list.size());
    list.push_back(e);
  }
  return {Tensor::of(list, {static_cast<int64_t>(list.size())}, ids.device()),
          Tensor::of(compact, {experts}, ids.device())};
}

Tensor remap_expert_ids(const Tensor& ids, const ActiveExperts& active) {
  check_ids("remap_expert_ids", ids);
  const Tensor out = Tensor::empty_like(ids);
  if (ids.device().type == DeviceType::cpu) {
    const int32_t* compact = active.compact.data<int32_t>();
    const int64_t experts = active.compact.numel();
    for (int64_t i = 0; i < ids.numel(); ++i) {
      const int32_t e = ids.data<int32_t>()[i];
      check(e >= 0 && e < experts && compact[e] >= 0, "remap_expert_ids: expert ", e,
            " is not active");
    }
  }
  visit_device(ids.device(), [&](auto d) { remap_expert_ids(d, ids, active.compact, out); });
  return out;
}

Tensor compact_offsets(const Tensor& offsets, const ActiveExperts& active) {
  const int64_t experts = active.compact.numel(), count = active.count();
  check(offsets.shape() == Shape{experts + 1}, "compact_offsets: offsets ", offsets.shape(), " of ",
        experts, " experts");
  const Tensor out = Tensor::empty({count + 1}, DType::i32, offsets.device());
  visit_device(offsets.device(), [&](auto d) { compact_offsets(d, offsets, active.ids, out); });
  return out;
}

Tensor gather_experts(const Tensor& dense, const ActiveExperts& active) {
  check_stack(dense, active);
  const Tensor out =
      Tensor::empty(stacked(active.count(), shape_of_expert(dense)), dense.dtype(), dense.device());
  visit_device(dense.device(), [&](auto d) { gather_experts(d, dense, active.ids, out); });
  return out;
}

Tensor gather_experts(const QuantizedTensor& stack, const Shape& expert,
                      const ActiveExperts& active, DType dtype) {
  check_quantized(stack);
  const int64_t experts = active.compact.numel();
  check(stack.numel() == experts * expert.numel(), "gather_experts: a stack ", stack.shape,
        " does not hold ", experts, " experts ", expert);
  const Tensor out = Tensor::empty(stacked(active.count(), expert), dtype, stack.device());
  visit_device(stack.device(), [&](auto d) { gather_experts(d, stack, active.ids, out); });
  return out;
}

Tensor gather_experts(const Fp8Experts& stack, const ActiveExperts& active, DType dtype) {
  check_fp8(stack);
  check_stack(stack.codes, active);
  const Tensor out = Tensor::empty(stacked(active.count(), shape_of_expert(stack.codes)), dtype,
                                   stack.codes.device());
  visit_device(out.device(), [&](auto d) { gather_experts(d, stack, active.ids, out); });
  return out;
}

void check_fp8(const Fp8Experts& stack) {
  const Tensor &codes = stack.codes, &scale = stack.scale;
  check(codes.defined() && scale.defined() && codes.rank() >= 1 && codes.is_contiguous() &&
            codes.dtype() == DType::u8 && scale.dtype() == DType::f32 && scale.is_contiguous() &&
            scale.shape() == Shape{codes.dim(0)},
        "e4m3 experts need contiguous uint8 codes and a float32 scale each, have ",
        name_of(codes.dtype()), " ", codes.shape(), " and ", name_of(scale.dtype()), " ",
        scale.shape());
}

void dequantize_fp8_experts(const Fp8Experts& stack, int64_t begin, const Tensor& out) {
  check_fp8(stack);
  check(out.rank() >= 1 && out.is_contiguous() && begin >= 0 &&
            out.dim(0) <= stack.codes.dim(0) - begin &&
            out.shape() == stacked(out.dim(0), shape_of_expert(stack.codes)),
        "dequantize_fp8_experts: experts from ", begin, " of ", stack.codes.shape(), " into ",
        out.shape());
  visit_device(out.device(), [&](auto d) { dequantize_fp8_experts(d, stack, begin, out); });
}

void scatter_experts(const Tensor& gradient, const ActiveExperts& active, const GradTarget& full) {
  if (!full.wanted()) return;
  check_stack(full.tensor, active);
  check(gradient.shape() == stacked(active.count(), shape_of_expert(full.tensor)) &&
            gradient.dtype() == full.tensor.dtype() && gradient.is_contiguous(),
        "scatter_experts: gradient ", gradient.shape(), " ", name_of(gradient.dtype()), " for ",
        active.count(), " active experts of ", full.tensor.shape(), " ",
        name_of(full.tensor.dtype()));
  visit_device(gradient.device(), [&](auto d) { scatter_experts(d, gradient, active, full); });
}

Fp8Experts quantize_fp8_experts(const Tensor& x) {
  check(x.rank() >= 1 && x.is_contiguous(), "quantize_fp8_experts: x ", x.shape(),
        " must be contiguous, an expert per row");
  const Fp8Experts out{Tensor::empty(x.shape(), DType::u8, x.device()),
                       Tensor::empty({x.dim(0)}, DType::f32, x.device())};
  visit_device(x.device(), [&](auto d) { quantize_fp8_experts(d, x, out); });
  return out;
}

Cost quantize_fp8_experts_cost(int64_t experts, int64_t n, DType t) {
  const double elements = static_cast<double>(experts) * static_cast<double>(n);
  return {elements * static_cast<double>(1 + 2 * size_of(t)), 3 * elements};
}

Cost dequantize_fp8_experts_cost(int64_t experts, int64_t n, DType t) {
  return gather_experts_cost(experts, n, 8, t);
}

Cost scatter_experts_cost(int64_t active, int64_t experts, int64_t n, bool accumulate) {
  const double used = static_cast<double>(active) * static_cast<double>(n);
  const double all = static_cast<double>(experts) * static_cast<double>(n);
  return {4 * (accumulate ? 3 * used : used + all), accumulate ? used : 0};
}

Cost gather_experts_cost(int64_t active, int64_t n, double bits, DType t) {
  const double elements = static_cast<double>(active) * static_cast<double>(n);
  return {elements * (bits / 8 + static_cast<double>(size_of(t))), elements};
}

}  // namespace hone::kernels
