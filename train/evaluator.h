// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The loss on rows that are held out from training.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "data/dataset.h"
#include "data/sampler.h"
#include "models/load_model.h"

namespace hone {

struct EvaluatorSettings {
  int64_t sequence_len = 0;  // tokens of a packed row
  bool packing = false;
  int64_t batch_size = 1;  // rows at once
  // Asked between the batches; true gives the evaluation up. May be empty.
  std::function<bool()> stop_requested = {};
};

// How held-out rows become batches: the same ones every time.
SamplerSettings sampler_settings(const EvaluatorSettings& settings);

// The sum of the cross entropies of a batch's labels, scalar f32, without dropout. `one`: 1, f32
// scalar. Allocations depend on the shapes of the batch alone. Errors: kOutOfMemory.
Tensor sum_of_losses(const LoadedModel& model, const Batch& batch, const Tensor& one);

struct Evaluation {
  double loss = 0;  // sum of the cross entropies of all labels / their number
  int64_t labels = 0;
  int64_t tokens = 0;  // without padding
  double seconds = 0;

  double perplexity() const;  // e^loss
};

// Evaluates a model as it is: without dropout, gradients, or balancing loss. Nothing that training
// depends on changes, so a run has the same bits with and without it. The same rows in the same
// batches every time, so losses of a run can be compared.
class Evaluator {
 public:
  // Both outlive it. Requires: the dataset is not empty.
  Evaluator(const LoadedModel& model, const Dataset& dataset, const EvaluatorSettings& settings);

  // Nothing if it was given up. Errors: kOutOfMemory.
  std::optional<Evaluation> run();

  const Dataset& dataset() const { return dataset_; }

 private:
  double sum_of_losses_of(const MicroBatch& micro_batch) const;

  const LoadedModel& model_;
  const Dataset& dataset_;
  EvaluatorSettings settings_;
  Sampler sampler_;
};

}  // namespace hone
