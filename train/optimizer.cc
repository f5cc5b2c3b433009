// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <cmath>

#include "kernels/optimizer/global_norm.h"

namespace hone {

AdamW::AdamW(nn::ParameterArena& arena, const Settings& settings)
    : arena_(arena), settings_(settings) {
  const MemoryScope scope("optimizer state");
  const Device device = arena.master().device();
  scalars_ = kernels::StepScalars::make(device);
  norm_ = Tensor::zeros({}, DType::f32, device);
  const Tensor& like = arena.master();
  if (settings.eight_bit)
    add_eight_bit_states();
  else
    states_.push_back({0, arena.size(), Tensor::zeros_like(like), Tensor::zeros_like(like), {}});
}

void AdamW::add_eight_bit_states() {
  std::vector<kernels::AdamW8bitState::Run> runs;
  for (const auto& s : arena_.segments()) runs.push_back({s.begin, s.end, s.large});
  eight_bit_ = kernels::AdamW8bitState::zeros(runs, arena_.master().device());
  for (size_t r = 0; r < runs.size(); ++r) {
    const auto part = eight_bit_.moments_of(runs, r);
    states_.push_back({runs[r].begin, runs[r].end, part.m, part.v, part});
  }
}

int64_t AdamW::state_bytes() const {
  int64_t bytes = 0;
  for (const State& s : states_)
    bytes += s.m.defined() ? s.m.nbytes() + s.v.nbytes() : s.eight_bit.nbytes();
  return bytes;
}

double AdamW::step(double learning_rate) {
  const bool meta = arena_.master().is_meta();
  if (!meta) {
    *scalars_.learning_rate.data<float>() = static_cast<float>(learning_rate);
    *scalars_.step.data<int64_t>() = steps_ + 1;
  }
  kernels::clip_factor(arena_.gradient(), settings_.max_grad_norm, norm_, scalars_.clip);
  const kernels::AdamWSettings settings{settings_.beta1, settings_.beta2, settings_.eps,
                                        settings_.weight_decay, arena_.decayed()};
  const Tensor &p = arena_.master(), &g = arena_.gradient(), &shadow = arena_.shadow();
  if (settings_.eight_bit)
    kernels::adamw8bit_step(p, g, eight_bit_, shadow, scalars_, settings);
  else
    kernels::adamw_step(p, g, states_[0].m, states_[0].v, shadow, scalars_, settings);
  if (meta) return 0;
  const double norm = norm_.item<float>();
  if (std::isfinite(norm)) ++steps_;  // otherwise the kernel has changed nothing
  return norm;
}

}  // namespace hone
