// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/parameter_arena.h"

#include <algorithm>

#include "kernels/core/dispatch.h"
#include "kernels/elementwise/elementwise.h"

namespace hone::nn {
namespace {

int64_t aligned(int64_t n) {
  return (n + ParameterArena::kAlignment - 1) / ParameterArena::kAlignment *
         ParameterArena::kAlignment;
}

Tensor flat_zeros(int64_t n, DType dtype, Device device, const char* label) {
  const MemoryScope scope(label);
  return Tensor::zeros({n}, dtype, device);
}

}  // namespace

ParameterArena::ParameterArena(const std::vector<Parameter>& parameters, DType model_dtype,
                               Device device, bool decay_vectors) {
  int64_t end = 0;
  for (const bool decays : {true, false}) {
    for (const bool large : {true, false}) {
      const int64_t begin = end;
      for (const Parameter& p : parameters) {
        if (!p.trainable || (decay_vectors || p.shape.rank() >= 2) != decays ||
            (p.shape.numel() >= kLarge) != large)
          continue;
        slots_.push_back({p.name, p.shape, end, p.wide, Var()});
        end += aligned(p.shape.numel());
      }
      if (end > begin) segments_.push_back({begin, end, decays, large});
    }
    if (decays) decayed_ = end;
  }
  const DType dtype = kernels::accumulator_dtype(model_dtype);
  master_ = flat_zeros(end, dtype, device, "trainable parameters");
  gradient_ = flat_zeros(end, dtype, device, "gradients");
  if (dtype != model_dtype) shadow_ = flat_zeros(end, model_dtype, device, "trainable parameters");
  for (Slot& s : slots_) {
    s.var = Var(slice(shadow_.defined() && !s.wide ? shadow_ : master_, s), true);
    s.var.grad()->bind(slice(gradient_, s));
  }
}

Tensor ParameterArena::slice(const Tensor& flat, const Slot& slot) {
  return flat.narrow(0, slot.offset, slot.shape.numel()).view(slot.shape);
}

const ParameterArena::Slot& ParameterArena::slot(const std::string& name) const {
  const auto found =
      std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.name == name; });
  check(found != slots_.end(), "parameter arena: no trainable parameter ", name);
  return *found;
}

bool ParameterArena::contains(const std::string& name) const {
  return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.name == name; });
}

Var ParameterArena::place(const std::string& name, const Tensor& value) {
  const Slot& s = slot(name);
  check(value.shape() == s.shape, "parameter arena: ", name, " is ", s.shape, ", got ",
        value.shape());
  kernels::cast_into(value, slice(master_, s), false);
  if (shadow_.defined()) kernels::cast_into(value, slice(shadow_, s), false);
  return s.var;
}

int64_t ParameterArena::parameters() const {
  int64_t n = 0;
  for (const Slot& s : slots_) n += s.shape.numel();
  return n;
}

void ParameterArena::clear_gradients() {
  for (const Slot& s : slots_) s.var.grad()->clear();
}

void ParameterArena::finish_gradients() {
  for (const Slot& s : slots_)
    if (!s.var.grad()->value().defined()) kernels::fill(slice(gradient_, s), 0);
}

void ParameterArena::refresh_shadow() {
  if (shadow_.defined()) kernels::cast_into(master_, shadow_, false);
}

}  // namespace hone::nn
