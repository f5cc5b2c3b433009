// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/evaluator.h"

#include <chrono>
#include <cmath>
#include <string>

#include "autograd/tape.h"
#include "tensor/allocator.h"
#include "tensor/random.h"
#include "train/collate.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t shape_key(const MicroBatch& m) {
  return hash_path("evaluate " + std::to_string(m.tokens) + " " + std::to_string(m.documents));
}

}  // namespace

SamplerSettings sampler_settings(const EvaluatorSettings& settings) {
  return {.sequence_len = settings.sequence_len,
          .packing = settings.packing,
          .micro_batch_size = settings.batch_size,
          .accumulation_steps = 1,
          .seed = 0};
}

Tensor sum_of_losses(const LoadedModel& model, const Batch& batch, const Tensor& one) {
  const NoGrad no_grad;
  const DecoderOutput out =
      model.model->forward(batch, model.model->context(batch), /*recompute=*/false);
  return model.model->loss(out, batch, one).value();  // divided by one
}

double Evaluation::perplexity() const { return std::exp(loss); }

Evaluator::Evaluator(const LoadedModel& model, const Dataset& dataset,
                     const EvaluatorSettings& settings)
    : model_(model),
      dataset_(dataset),
      settings_(settings),
      sampler_(dataset.lengths(), sampler_settings(settings)) {}

double Evaluator::sum_of_losses_of(const MicroBatch& micro_batch) const {
  const Device device = model_.parameters.front().var.device();
  const StepScope step(device, shape_key(micro_batch));
  const MemoryScope scope("evaluation");
  const Batch batch = collate(dataset_, micro_batch).to(device);
  const Tensor sum = sum_of_losses(model_, batch, Tensor::scalar(1.0f, device));
  return static_cast<double>(sum.item<float>());
}

// Every step of one epoch: each example once.
std::optional<Evaluation> Evaluator::run() {
  const Clock::time_point start = Clock::now();
  Evaluation e;
  double sum = 0;
  for (int64_t step = 0; step < sampler_.steps_per_epoch(); ++step)
    for (const MicroBatch& m : sampler_.at(step).micro_batches) {
      if (settings_.stop_requested && settings_.stop_requested()) return std::nullopt;
      sum += sum_of_losses_of(m);
      e.labels += labels_in(dataset_, m);
      e.tokens += tokens_in(dataset_, m);
    }
  e.loss = sum / static_cast<double>(e.labels);
  e.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return e;
}

}  // namespace hone
