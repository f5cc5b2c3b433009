// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kernels/optimizer/adamw.h"
#include "kernels/optimizer/adamw8bit.h"
#include "nn/parameter_arena.h"
#include "tensor/readback.h"

namespace hone {

// AdamW over a parameter arena: with f32 moments, or with bitsandbytes' blockwise 8-bit ones (tensors of
// fewer than 4,096 elements keep f32 moments then, as there).
class AdamW {
 public:
  struct Settings {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 0;
    double max_grad_norm = 0;  // 0: no clipping
    bool eight_bit = false;
  };
  // Requires: arena outlives this.
  AdamW(nn::ParameterArena& arena, const Settings& settings);

  // One update from the arena's gradients, which must be complete (finish_gradients). Returns their
  // norm before clipping. If that is not finite nothing changes and no step is counted.
  // Sync: reads the norm back.
  double step(double learning_rate);

  // The same in two halves, between which other work, the next step too, may be queued.
  // losses: f64 [M]; the step is taken if they and the norm are finite. Undefined: they are.
  // Two launches: clipping, and the update, which itself sees when the step is not taken.
  // Returns the norm; undefined on meta. Sync: none.
  Readback launch(double learning_rate, const Tensor& losses);
  // A launched step, the oldest that was not counted, was taken.
  void count_step() { ++steps_; }
  int64_t steps_taken() const { return steps_; }

  // What a checkpoint keeps beside the weights: views of the moments, parameter by parameter.
  //   <parameter>.m, <parameter>.v                 like the master weights, in the parameter's shape
  //   <parameter>.m.codes, .v.codes                u8 [n], where they have 8 bits
  //   <parameter>.m.absmax, .v.absmax              f32 [ceil(n / 256)]
  // Writing to them and set_steps_taken() restores a state.
  struct NamedState {
    std::string name;
    Tensor value;
  };
  std::vector<NamedState> state() const;
  void set_steps_taken(int64_t steps);

  int64_t state_bytes() const;
  Device device() const { return arena_.master().device(); }

 private:
  // The moments of a run of parameters: one of the two kinds.
  struct State {
    int64_t begin = 0, end = 0;
    Tensor m, v;  // f32 or f64
    kernels::AdamW8bitState eight_bit;
  };
  void add_eight_bit_states();

  nn::ParameterArena& arena_;
  Settings settings_;
  std::vector<State> states_;          // together the arena; views of eight_bit_ if that is used
  kernels::AdamW8bitState eight_bit_;  // of the whole arena
  int64_t steps_ = 0;                  // counted; the device's own number may be ahead
  kernels::StepScalars scalars_;
  Tensor norm_;
};

}  // namespace hone
