// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/step.h"

#include "autograd/ops/arithmetic.h"
#include "autograd/saved.h"
#include "autograd/tape.h"
#include "models/save_plan.h"

namespace hone {

PassScalars PassScalars::make(Device device) {
  const MemoryScope scope("batch");
  return {Tensor::empty({}, DType::f32, device), Tensor::empty({}, DType::f32, device),
          Tensor::empty({2}, DType::i32, device), Tensor::empty({2}, DType::i64, device),
          Tensor::empty({2}, DType::f64, device)};
}

StepLosses forward_backward(const LoadedModel& loaded, const Batch& batch, const Tensor& num_items,
                            const StepOptions& options) {
  const MemoryScope scope("activations");
  const SavePlanScope plan(options.save_plan ? save_plan_of(loaded.config) : save_plan());
  const CausalLm& model = *loaded.model;
  nn::ForwardContext context = model.context(batch);
  context.training = true;
  context.seed_and_pass = options.seed_and_pass;
  context.replay_ids = options.replay_ids;

  Tape tape;
  StepLosses losses;
  Var total;
  {
    const DecoderOutput out = model.forward(batch, context, options.recompute);
    total = model.loss(out, batch, num_items);
    losses.cross_entropy = total.value();
    if (options.aux_weight.defined()) {
      const Var aux = model.aux_loss(out, options.aux_rows);
      losses.aux = aux.value();
      total = add(total, scale(aux, options.aux_weight));
    }
  }
  const MemoryScope backward("activation gradients");
  tape.backward(total);
  return losses;
}

}  // namespace hone
