// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Trainings of a tiny hybrid mixture of experts, of every kind, that take milliseconds a step.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/content_hash.h"
#include "kernels/elementwise/elementwise.h"
#include "tests/models/tiny_model.h"
#include "tests/train/random_dataset.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

namespace hone::test {

enum class Training { kLora, kQlora, kFull };

struct TinyKind {
  Training training = Training::kLora;
  bool packing = false;
  int64_t accumulation = 1;
  bool eight_bit = false;  // optimizer states
  int64_t total_steps = 20;
  double learning_rate = 0.01;
  Device device = kCpu;
  DType dtype = DType::f32;
};

// A model, its data and a trainer, as a new process would make them.
class TinyRun {
 public:
  explicit TinyRun(const TinyKind& kind)
      : model_(load_model(options(kind))),
        // 23 examples: an epoch ends in the middle of a step, and a run has several.
        dataset_(random_dataset(
            {7, 12, 3, 20, 9, 16, 2, 11, 5, 8, 14, 6, 13, 4, 9, 17, 3, 10, 5, 12, 8, 7, 15}, 37)),
        sampler_(dataset_.lengths(), {.sequence_len = 32,
                                      .packing = kind.packing,
                                      .micro_batch_size = 2,
                                      .accumulation_steps = kind.accumulation,
                                      .seed = 11}),
        trainer_(model_, dataset_, sampler_, settings(kind)) {}

  Trainer& trainer() { return trainer_; }
  LoadedModel& model() { return model_; }
  const RunState& state() const { return state_; }
  const std::vector<double>& losses() const { return losses_; }

  // One step after the other; on a GPU each is queued before the one before it is read.
  void run_to(int64_t step) {
    while (trainer_.steps_done() < step) {
      if (trainer_.in_flight() == 0) trainer_.launch();
      if (trainer_.overlaps() && trainer_.steps_done() + 1 < step) trainer_.launch();
      const StepResult r = trainer_.finish();
      state_.steps = r.step;
      state_.optimizer_steps = trainer_.optimizer().steps_taken();
      state_.tokens += r.tokens;
      state_.last_loss = r.loss;
      losses_.push_back(r.loss);
    }
  }

  std::filesystem::path save(const std::filesystem::path& dir) {
    return write_checkpoint(dir, {.model = model_, .optimizer = trainer_.optimizer()}, state_,
                            identity());
  }

  void resume(const std::filesystem::path& checkpoint) {
    state_ = read_checkpoint(checkpoint, model_, trainer_.optimizer());
    trainer_.continue_from(state_.steps, state_.skipped_in_row);
  }

  static RunIdentity identity() {
    return {.config = {{"learning_rate", "0.01"}, {"seed", "11"}},
            .examples = "e",
            .order = "o",
            .base_model = "m",
            .cpu_isa = "v1",
            .seed = 11,
            .total_steps = 20,
            .steps_per_epoch = 6};
  }

  // Of the weights, what kernels read of them, and the moments: every bit counts.
  std::string hash() const {
    ContentHasher hasher;
    const auto add = [&](const Tensor& t) {
      if (!t.defined()) return;
      const Tensor host = t.to(kCpu);
      hasher.add({static_cast<const std::byte*>(host.raw()), static_cast<size_t>(host.nbytes())});
    };
    add(model_.arena->master());
    add(model_.arena->shadow());
    for (const AdamW::NamedState& s : const_cast<Trainer&>(trainer_).optimizer().state())
      add(s.value);
    return hasher.hash().hex();
  }

 private:
  static LoadOptions options(const TinyKind& kind) {
    LoadOptions o;
    o.model = "random:quickstart";
    o.device = kind.device;
    o.dtype = kind.dtype;
    o.config = tiny_config(/*moe=*/true);
    o.seed = 5;
    o.train_base = kind.training == Training::kFull;
    // Sizes that 4-bit blocks and 8-bit moments apply to.
    o.config->vocab_size = 512;
    if (!o.train_base) o.lora = LoraConfig{.r = 3, .alpha = 6, .dropout = 0.2, .all_linear = true};
    if (kind.training == Training::kQlora) o.quantise = QuantType::nf4;
    return o;
  }

  static TrainerSettings settings(const TinyKind& kind) {
    TrainerSettings s;
    s.learning_rate = {LrSchedule::kCosine, kind.learning_rate, 2, kind.total_steps};
    s.optimizer = {.weight_decay = 0.1, .max_grad_norm = 1, .eight_bit = kind.eight_bit};
    s.aux_loss = true;
    s.aux_coefficient = 0.1;
    s.seed = 11;
    return s;
  }

  LoadedModel model_;
  Dataset dataset_;
  Sampler sampler_;
  Trainer trainer_;
  RunState state_;
  std::vector<double> losses_;
};

}  // namespace hone::test
