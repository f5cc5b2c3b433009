// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What changes from one optimizer step to the next, in device memory: a queued or captured step reads
// what the steps before it left there.
#pragma once

#include "tensor/tensor.h"

namespace hone::kernels {

struct StepScalars {
  Tensor learning_rate;  // f32 scalar
  Tensor step;           // i64 scalar: steps taken, this one included once clip_factor has run
  Tensor clip;           // f32 scalar factor for the gradient; NaN: this step is not taken

  static StepScalars make(Device device);  // lr 0, step 0, clip 1
};

}  // namespace hone::kernels
