// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/sampling/sampling.h"

namespace hone::kernels {
namespace {

void check_seen(const SeenTokens& seen, int64_t rows, int64_t V) {
  const Tensor &ids = seen.ids, &offsets = seen.offsets;
  check(ids.defined() && ids.rank() == 1 && ids.dtype() == DType::i64 && ids.is_contiguous() &&
            offsets.defined() && offsets.shape() == Shape{rows + 1} &&
            offsets.dtype() == DType::i32 && offsets.is_contiguous(),
        "token_weights: a penalty needs the tokens that each of ", rows,
        " sequences has: int64 ids and int32 offsets [", rows + 1, "]");
  if (ids.device().type != DeviceType::cpu) return;
  for (int64_t i = 0; i < ids.numel(); ++i)
    check(ids.data<int64_t>()[i] >= 0 && ids.data<int64_t>()[i] < V, "token_weights: token ",
          ids.data<int64_t>()[i], " of ", V);
}

}  // namespace

Tensor token_weights(const Tensor& logits, const SeenTokens& seen, const TokenFilter& filter) {
  check(logits.rank() == 2 && logits.dim(1) >= 1 && logits.is_contiguous(),
        "token_weights: logits ", logits.shape(), " must be contiguous [rows, V]");
  check(filter.temperature >= 0 && filter.top_k >= 0 && filter.top_p > 0 && filter.top_p <= 1 &&
            filter.min_p >= 0 && filter.min_p < 1 && filter.repetition_penalty > 0,
        "token_weights: a filter out of range");
  if (filter.repetition_penalty != 1) check_seen(seen, logits.dim(0), logits.dim(1));
  const Tensor weights = Tensor::empty(logits.shape(), DType::i64, logits.device());
  visit_device(logits.device(),
               [&](auto device) { token_weights(device, logits, seen, filter, weights); });
  return weights;
}

Tensor draw_tokens(const Tensor& weights, const Tensor& bits) {
  check(weights.rank() == 2 && weights.dim(1) >= 1 && weights.dtype() == DType::i64 &&
            weights.is_contiguous(),
        "draw_tokens: weights ", weights.shape(), " must be contiguous int64 [rows, V]");
  check(bits.shape() == Shape{weights.dim(0)} && bits.dtype() == DType::i64 && bits.is_contiguous(),
        "draw_tokens: random bits ", bits.shape(), " for ", weights.dim(0), " rows");
  const Tensor tokens = Tensor::empty({weights.dim(0)}, DType::i64, weights.device());
  visit_device(weights.device(), [&](auto device) { draw_tokens(device, weights, bits, tokens); });
  return tokens;
}

Cost token_weights_cost(int64_t rows, int64_t V, DType t) {
  const double elements = static_cast<double>(rows) * static_cast<double>(V);
  return {elements * static_cast<double>(size_of(t) + 8), elements};
}

Cost draw_tokens_cost(int64_t rows, int64_t V) {
  const double elements = static_cast<double>(rows) * static_cast<double>(V);
  return {elements * 8, elements};
}

}  // namespace hone::kernels
