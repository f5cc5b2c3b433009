// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The learning rate of every step.
//
//   s = step, W = warmup_steps, S = total_steps, p = (s - W) / max(1, S - W)
//
//   warmup (not for kConstant)   lr = peak * s / max(1, W)                    s < W
//   kCosine                      lr = peak * (1 + cos(pi p)) / 2, 0 from s = S on
//   kLinear                      lr = peak * max(0, (S - s) / max(1, S - W))
//   kConstant, kConstantWithWarmup
//                                lr = peak
//
// So with warmup the very first step has lr 0. Source: transformers, optimization.py
// (get_*_schedule*).
#pragma once

#include <cstdint>

namespace hone {

enum class LrSchedule { kCosine, kLinear, kConstant, kConstantWithWarmup };

struct LrPlan {
  LrSchedule schedule = LrSchedule::kCosine;
  double peak = 0;
  int64_t warmup_steps = 0;
  int64_t total_steps = 0;
};

// The learning rate of optimizer step number `step`, counted from 0.
double learning_rate_at(const LrPlan& plan, int64_t step);

// The warmup steps that a fraction of the run means: rounded up.
int64_t warmup_steps_from_ratio(double ratio, int64_t total_steps);

}  // namespace hone
