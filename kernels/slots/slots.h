// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// States of sequences out of their slots and back (core/slots.h).
//
//   gather:   y[s, ...] = states[slots[s], ...]          scatter:   states[slots[s], ...] = x[s, ...]
//
//   states [slots, ...], x, y [S, ...] in f32, f64 or bf16, contiguous     slots [S] i32
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

Tensor gather_slots(const Tensor& states, const Tensor& slots);
void scatter_slots(const Tensor& x, const Tensor& slots, const Tensor& states);

// Either of them: S states of n elements of T.
Cost slots_cost(int64_t s, int64_t n, DType t);

// Device implementations.
template <Isa I>
void gather_slots(Cpu<I>, const Tensor& states, const Tensor& slots, const Tensor& y);
template <Isa I>
void scatter_slots(Cpu<I>, const Tensor& x, const Tensor& slots, const Tensor& states);
void gather_slots(Cuda, const Tensor& states, const Tensor& slots, const Tensor& y);
void scatter_slots(Cuda, const Tensor& x, const Tensor& slots, const Tensor& states);

}  // namespace hone::kernels
