// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A head of labels in the place of the vocabulary's: reward and process reward models.
//
//   y = hidden W^T + b      W [labels, C]; b [labels] with token_labels only
//
// sequence_labels: the labels of a sequence are those of its last token. With one label, its score,
// sequences come in pairs of which the first was preferred; loss: kernels/bradley_terry.
// token_labels: the loss is the mean cross entropy of the tokens that have a label.
//                                 source: Lightman et al. 2023, arXiv:2305.20050 (process rewards)
#pragma once

#include <optional>

#include "autograd/ops/weight.h"
#include "models/batch.h"
#include "models/config.h"
#include "nn/builder.h"
#include "nn/forward_context.h"

namespace hone {

class LabelHead {
 public:
  // Parameters: score.weight [labels, C], and score.bias [labels] with token_labels.
  LabelHead(nn::Builder& b, const ModelConfig& config);

  // What the head reads: with token_labels and in training, some of the hidden states [N, C] are
  // dropped.
  Var input(const Var& hidden, const nn::ForwardContext& context) const;
  // [N, C] -> [N, labels], of every token.
  Var labels(const Var& input) const;
  // Of the last tokens of the sequences, [S, labels]; with token_labels of all tokens, [N, labels].
  // On the CPU. hidden: without gradients.
  Tensor answers(const Tensor& hidden, const Batch& batch) const;
  // As CausalLm::loss. sequence_labels: num_items counts pairs.
  // Errors: kModel for more than one label of a sequence.
  Var loss(const Var& input, const Batch& batch, const Tensor& num_items) const;

 private:
  HeadConfig config_;
  Weight weight_;
  Var bias_;                     // of token_labels
  std::optional<Weight> unity_;  // of token_labels: [labels, labels], the identity
};

}  // namespace hone
