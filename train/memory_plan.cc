// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/memory_plan.h"

#include "tensor/allocator.h"
#include "tensor/meta.h"
#include "train/evaluator.h"

namespace hone {
namespace {

// A meta device's counters and arena for one prediction, whatever else lives there.
class MetaLedger {
 public:
  explicit MetaLedger(Device meta) : meta_(meta), before_(memory_stats(meta)) {
    release_step_arena(meta);
  }
  ~MetaLedger() { release_step_arena(meta_); }
  MetaLedger(const MetaLedger&) = delete;
  MetaLedger& operator=(const MetaLedger&) = delete;

  int64_t live() const { return memory_stats(meta_).live - before_.live; }
  MemoryPlan plan() const {
    const MemoryStats stats = memory_stats(meta_);
    MemoryPlan plan;
    plan.peak_bytes = stats.peak - before_.live;
    plan.arena_bytes = stats.reserved;
    for (const auto& [label, bytes] : stats.peak_by_label) {
      const auto others = before_.by_label.find(label);
      const int64_t own = bytes - (others == before_.by_label.end() ? 0 : others->second);
      if (own > 0) plan.at_peak[label] = own;
    }
    return plan;
  }

 private:
  const Device meta_;
  const MemoryStats before_;
};

Batch describe(const LoadedModel& model, const RowShape& row, Device meta) {
  Batch batch = describe_batch(row.tokens, row.documents, meta);
  if (row.images == 0) return batch;
  check(model.config.vision.has_value(), "memory plan: images for a model without a vision tower");
  const MemoryScope scope("batch");
  batch.vision = describe_vision_input(*model.config.vision, row.patches, row.images, meta);
  batch.positions = Tensor::empty({3, row.tokens}, DType::i32, meta);
  return batch;
}

void trace_row(const LoadedModel& model, const RowShape& row, const PassScalars& scalars,
               const TrainerSettings& settings) {
  StepOptions options;
  options.recompute = settings.recompute;
  options.save_plan = settings.save_plan;
  if (settings.aux_loss) options.aux_weight = scalars.aux_weight;
  options.aux_rows = scalars.aux_rows;
  options.seed_and_pass = scalars.seed_and_pass;
  const Batch batch = describe(model, row, scalars.num_items.device());
  forward_backward(model, batch, scalars.num_items, options);
}

void trace_evaluation(const LoadedModel& model, const RowShape& row, Device meta) {
  const MemoryScope scope("evaluation");
  const Batch batch = describe(model, row, meta);
  sum_of_losses(model, batch, Tensor::empty({}, DType::f32, meta));
}

}  // namespace

MemoryPlan predict_memory(const LoadOptions& load, const TrainerSettings& settings,
                          const RunShapes& shapes) {
  const Device meta = meta_of(load.device);
  const MetaLedger ledger(meta);
  const LoadedModel model = describe_model(load);
  if (!model.arena) fail(ErrorCode::kUsage, "memory plan: nothing in the model trains");
  AdamW optimizer(*model.arena, settings.optimizer);
  const PassScalars scalars = PassScalars::make(meta);
  const int64_t resident = ledger.live();

  reset_peak_memory(meta);
  uint64_t key = 0;
  model.arena->clear_gradients();
  for (const RowShape& row : shapes.training) {
    const StepScope scope(meta, key++);
    trace_row(model, row, scalars, settings);
  }
  {
    const StepScope scope(meta, key++);
    model.arena->finish_gradients();
    optimizer.step(0);
  }
  if (shapes.evaluation) {
    const StepScope step(meta, key);
    trace_evaluation(model, *shapes.evaluation, meta);
  }
  MemoryPlan plan = ledger.plan();
  plan.resident_bytes = resident;
  return plan;
}

}  // namespace hone
