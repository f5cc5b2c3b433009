// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/label_head.h"

#include <vector>

#include "autograd/ops/bradley_terry.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/linear_cross_entropy.h"
#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"

namespace hone {
namespace {

constexpr const char* kPath = "score";

Weight unity(int64_t n, const nn::BuildOptions& options) {
  std::vector<float> values(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i) values[static_cast<size_t>(i * n + i)] = 1;
  const MemoryScope scope("frozen weights");
  if (options.device.type == DeviceType::meta)
    return Weight(Var(Tensor::empty({n, n}, options.dtype, options.device)));
  return Weight(Var(kernels::cast(Tensor::of(values, {n, n}), options.dtype).to(options.device)));
}

}  // namespace

LabelHead::LabelHead(nn::Builder& b, const ModelConfig& config)
    : config_(config.head),
      weight_(b.parameter("score.weight", {config.head.labels, config.hidden_size},
                          nn::Init::normal(config.initializer_range))) {
  if (config_.kind != nn::HeadKind::token_labels) return;
  bias_ = b.parameter("score.bias", {config_.labels}, nn::Init::zeros());
  unity_.emplace(unity(config_.labels, b.options()));
}

Var LabelHead::input(const Var& hidden, const nn::ForwardContext& context) const {
  const bool drops = context.training && config_.dropout > 0 && context.seed_and_pass.defined();
  return drops ? dropout(hidden, config_.dropout, context.random(kPath)) : hidden;
}

Var LabelHead::labels(const Var& input) const { return linear(input, weight_, nullptr, bias_); }

Tensor LabelHead::answers(const Tensor& hidden, const Batch& batch) const {
  const NoGrad no_grad;
  const Tensor all = labels(Var(hidden)).value().to(kCpu);
  if (config_.kind == nn::HeadKind::token_labels) return all;
  const std::vector<int32_t> rows = batch.last_rows.to_vector<int32_t>();
  const Tensor answers = Tensor::empty({std::ssize(rows), config_.labels}, all.dtype());
  for (int64_t s = 0; s < std::ssize(rows); ++s) {
    const int64_t row = rows[static_cast<size_t>(s)];
    copy_bytes(all.rows(row, row + 1), answers.rows(s, s + 1));
  }
  return answers;
}

Var LabelHead::loss(const Var& input, const Batch& batch, const Tensor& num_items) const {
  const Var y = labels(input);
  // The cross entropy of given logits is that of a head which passes them on.
  if (config_.kind == nn::HeadKind::token_labels)
    return linear_cross_entropy(y, *unity_, batch.targets, num_items);
  if (config_.labels != 1)
    fail(ErrorCode::kModel, "a reward model has one label, this one has ", config_.labels,
         "; hone trains no other classes of sequences");
  return bradley_terry(y, {batch.last_rows, batch.margins, num_items, config_.centre});
}

}  // namespace hone
