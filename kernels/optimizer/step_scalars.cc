// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/step_scalars.h"

#include "kernels/elementwise/elementwise.h"

namespace hone::kernels {

StepScalars StepScalars::make(Device device) {
  StepScalars s{Tensor::zeros({}, DType::f32, device), Tensor::zeros({}, DType::i64, device),
                Tensor::empty({}, DType::f32, device)};
  fill(s.clip, 1);
  return s;
}

}  // namespace hone::kernels
