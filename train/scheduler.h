// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The learning rate of every step.
//
//   s = step, W = warmup_steps, S = total_steps, p = (s - W) / max(1, S - W)
//
//   warmup (not for kConstant)   lr = peak * s / max(1, W)                    s < W
//   kCosine                      lr = peak * (1 + cos(pi p)) / 2, 0 from s = S on
//     with a minimum m           lr = peak * (m + (1 - m) (1 + cos(pi p)) / 2)
//     constant from part c on    s = min(s, S'), S' = floor(c S) instead of S
//     quadratic warmup           lr = peak * (s / max(1, W))^2                s < W
//   kLinear                      lr = peak * max(0, (S - s) / max(1, S - W))
//   kPolynomial                  lr = e + (peak - e) (1 - p), e = 1e-7; e from s = S on
//   kInverseSqrt                 lr = peak / sqrt((s - W + t) / t), t = W, or 10000 without warmup
//   kConstant, kConstantWithWarmup
//                                lr = peak
//
// So with warmup the very first step has lr 0. Source: transformers, optimization.py
// (get_*_schedule*); for the cosine's variants axolotl, utils/schedulers.py, and
// arXiv:2308.04014.
#pragma once

#include <cstdint>

namespace hone {

enum class LrSchedule {
  kCosine,
  kLinear,
  kConstant,
  kConstantWithWarmup,
  kPolynomial,
  kInverseSqrt
};

struct LrPlan {
  LrSchedule schedule = LrSchedule::kCosine;
  double peak = 0;
  int64_t warmup_steps = 0;
  int64_t total_steps = 0;
  double min_ratio = 0;       // kCosine: of peak
  double constant_ratio = 1;  // kCosine: of total_steps
  bool quadratic_warmup = false;
};

// The learning rate of optimizer step number `step`, counted from 0.
double learning_rate_at(const LrPlan& plan, int64_t step);

// The warmup steps that a fraction of the run means: rounded up.
int64_t warmup_steps_from_ratio(double ratio, int64_t total_steps);

}  // namespace hone
