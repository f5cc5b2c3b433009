// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/aux_loss.h"

#include "kernels/core/scratch.h"
#include "kernels/moe/sort.h"

namespace hone::kernels {
namespace {

void check_logits(const Tensor& logits, const Tensor& like) {
  check(logits.rank() == 2 && logits.is_contiguous() && logits.shape() == like.shape() &&
            logits.dtype() == like.dtype(),
        "load_balancing: logits ", logits.shape(), " ", name_of(logits.dtype()),
        " must be a contiguous matrix like the first layer's ", like.shape(), " ",
        name_of(like.dtype()));
}

void check_counted(const Tensor& counted, const Tensor& logits) {
  if (!counted.defined()) return;
  check(counted.shape() == Shape{2} && counted.dtype() == DType::i32 && counted.is_contiguous(),
        "load_balancing: the rows that count should be int32 [2], are ", name_of(counted.dtype()),
        " ", counted.shape());
  if (counted.device().type != DeviceType::cpu) return;
  const int32_t begin = counted.data<int32_t>()[0], end = counted.data<int32_t>()[1];
  check(0 <= begin && begin <= end && end <= logits.dim(0), "load_balancing: rows [", begin, ", ",
        end, ") of logits ", logits.shape());
}

}  // namespace

LoadBalancing load_balancing_forward(std::span<const Tensor> logits, std::span<const Tensor> ids,
                                     const Tensor& counted) {
  check(!logits.empty() && logits.size() == ids.size(), "load_balancing: ", logits.size(),
        " logits and ", ids.size(), " choices");
  const Tensor& like = logits[0];
  check_counted(counted, like);
  for (size_t l = 0; l < logits.size(); ++l) {
    check_logits(logits[l], like);
    check_expert_ids("load_balancing", ids[l], like.dim(1));
    check(ids[l].dim(0) == like.dim(0), "load_balancing: choices ", ids[l].shape(), " for logits ",
          like.shape());
  }
  const auto layers = static_cast<int64_t>(logits.size());
  const int64_t n = like.dim(0), experts = like.dim(1);
  const int64_t blocks = (n + kLoadBalancingRowBlock - 1) / kLoadBalancingRowBlock;
  const DType sums = accumulator_dtype(like.dtype());
  const LoadBalancing out{Tensor::empty({}, sums, like.device()),
                          Tensor::empty({experts}, sums, like.device())};
  const Tensor probabilities = scratch_tensor({layers * blocks, experts}, sums, like.device());
  const Tensor counts = scratch_tensor(probabilities.shape(), sums, like.device());
  visit_device(like.device(), [&](auto device) {
    for (int64_t l = 0; l < layers; ++l) {
      const auto part = [&](const Tensor& t) { return t.rows(l * blocks, (l + 1) * blocks); };
      load_balancing_partial(device, logits[static_cast<size_t>(l)], ids[static_cast<size_t>(l)],
                             counted, part(probabilities), part(counts));
    }
    load_balancing_total(device, probabilities, counts, counted, n, layers, out);
  });
  return out;
}

Tensor load_balancing_backward(const Tensor& dloss, const Tensor& logits, const Tensor& fractions,
                               const Tensor& counted, int64_t layers) {
  check_logits(logits, logits);
  check_counted(counted, logits);
  const DType sums = accumulator_dtype(logits.dtype());
  check(fractions.shape() == Shape{logits.dim(1)} && fractions.dtype() == sums,
        "load_balancing: fractions ", fractions.shape(), " ", name_of(fractions.dtype()),
        " for logits ", logits.shape(), " ", name_of(logits.dtype()));
  check(dloss.numel() == 1 && dloss.dtype() == sums, "load_balancing: gradient ", dloss.shape(),
        " ", name_of(dloss.dtype()), " of a ", name_of(sums), " scalar");
  const Tensor dlogits = Tensor::empty_like(logits);
  visit_device(logits.device(), [&](auto device) {
    load_balancing_backward(device, dloss, logits, fractions, counted, layers, dlogits);
  });
  return dlogits;
}

Cost load_balancing_forward_cost(int64_t layers, int64_t n, int64_t experts, int64_t k, DType t) {
  const double rows = static_cast<double>(layers) * static_cast<double>(n);
  return {rows * static_cast<double>(experts * size_of(t) + 4 * k),
          4 * rows * static_cast<double>(experts)};
}

Cost load_balancing_backward_cost(int64_t n, int64_t experts, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(experts);
  return {2 * elements * static_cast<double>(size_of(t)), 7 * elements};
}

}  // namespace hone::kernels
