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
  const auto add = [&](int64_t begin, int64_t end, bool eight_bit) {
    State s{begin, end, std::clamp<int64_t>(arena.decayed() - begin, 0, end - begin), {}, {}, {}};
    if (eight_bit) {
      s.eight_bit = kernels::AdamW8bitState::zeros(end - begin, device);
    } else {
      s.m = Tensor::zeros({end - begin}, arena.master().dtype(), device);
      s.v = Tensor::zeros({end - begin}, arena.master().dtype(), device);
    }
    states_.push_back(std::move(s));
  };
  if (!settings.eight_bit)
    add(0, arena.size(), false);
  else
    for (const auto& segment : arena.segments()) add(segment.begin, segment.end, segment.large);
}

int64_t AdamW::state_bytes() const {
  int64_t bytes = 0;
  for (const State& s : states_)
    bytes += s.m.defined() ? s.m.nbytes() + s.v.nbytes() : s.eight_bit.nbytes();
  return bytes;
}

void AdamW::update(const State& s) {
  const kernels::AdamWSettings settings{settings_.beta1, settings_.beta2, settings_.eps,
                                        settings_.weight_decay, s.decayed};
  const auto part = [&](const Tensor& flat) {
    return flat.defined() ? flat.rows(s.begin, s.end) : flat;
  };
  const Tensor p = part(arena_.master()), g = part(arena_.gradient());
  const Tensor shadow = part(arena_.shadow());
  if (s.m.defined())
    kernels::adamw_step(p, g, s.m, s.v, shadow, scalars_, settings);
  else
    kernels::adamw8bit_step(p, g, s.eight_bit, shadow, scalars_, settings);
}

double AdamW::step(double learning_rate) {
  kernels::clip_factor(arena_.gradient(), settings_.max_grad_norm, norm_, scalars_.clip);
  double norm = 0;
  if (!arena_.master().is_meta()) {
    norm = norm_.item<float>();
    if (!std::isfinite(norm)) return norm;
    *scalars_.learning_rate.data<float>() = static_cast<float>(learning_rate);
    *scalars_.step.data<int64_t>() = ++steps_;
  }
  for (const State& s : states_) update(s);
  return norm;
}

}  // namespace hone
