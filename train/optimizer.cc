// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <algorithm>
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

std::vector<AdamW::NamedState> AdamW::state() const {
  constexpr int64_t kBlock = kernels::AdamW8bitState::kBlock;
  std::vector<NamedState> all;
  for (const auto& slot : arena_.slots()) {
    const auto of_slot = [&](const State& s) {
      return s.begin <= slot.offset && slot.offset < s.end;
    };
    const State& s = *std::find_if(states_.begin(), states_.end(), of_slot);
    const int64_t begin = slot.offset - s.begin, n = slot.shape.numel();
    const auto blocks = [&](const Tensor& absmax) {
      return absmax.narrow(0, begin / kBlock, (n + kBlock - 1) / kBlock);
    };
    if (s.m.defined()) {
      all.push_back({slot.name + ".m", s.m.narrow(0, begin, n).view(slot.shape)});
      all.push_back({slot.name + ".v", s.v.narrow(0, begin, n).view(slot.shape)});
    } else {
      all.push_back({slot.name + ".m.codes", s.eight_bit.c1.narrow(0, begin, n)});
      all.push_back({slot.name + ".m.absmax", blocks(s.eight_bit.absmax1)});
      all.push_back({slot.name + ".v.codes", s.eight_bit.c2.narrow(0, begin, n)});
      all.push_back({slot.name + ".v.absmax", blocks(s.eight_bit.absmax2)});
    }
  }
  return all;
}

void AdamW::set_steps_taken(int64_t steps) {
  steps_ = steps;
  scalars_.step.set_item(steps);
}

double AdamW::step(double learning_rate) {
  const Readback read = launch(learning_rate, Tensor());
  if (!read.defined()) return 0;
  const double norm = read.wait<float>()[0];
  if (std::isfinite(norm)) count_step();
  return norm;
}

Readback AdamW::launch(double learning_rate, const Tensor& losses) {
  scalars_.learning_rate.set_item(static_cast<float>(learning_rate));
  kernels::clip_factor(arena_.gradient(), losses, settings_.max_grad_norm, norm_, scalars_);
  const kernels::AdamWSettings settings{settings_.beta1, settings_.beta2, settings_.eps,
                                        settings_.weight_decay, arena_.decayed()};
  const Tensor &p = arena_.master(), &g = arena_.gradient(), &shadow = arena_.shadow();
  if (settings_.eight_bit)
    kernels::adamw8bit_step(p, g, eight_bit_, shadow, scalars_, settings);
  else
    kernels::adamw_step(p, g, states_[0].m, states_[0].v, shadow, scalars_, settings);
  return p.is_meta() ? Readback() : Readback(norm_);
}

}  // namespace hone
