// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/slots/slots.h"

namespace hone::kernels {
namespace {

// Calls copy(packed state s, the state in its slot, elements) for every s.
template <class T, class F>
void for_each_state(const Tensor& packed, const Tensor& slots, const Tensor& states, F&& copy) {
  const int64_t S = slots.dim(0), n = S == 0 ? 0 : packed.numel() / S;
  parallel_for(S, grain_for(n), [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s)
      copy(packed.data<T>() + s * n, states.data<T>() + slots.data<int32_t>()[s] * n, n);
  });
}

}  // namespace

template <Isa I>
void gather_slots(Cpu<I>, const Tensor& states, const Tensor& slots, const Tensor& y) {
  visit_float(states.dtype(), [&]<class T>() {
    for_each_state<T>(y, slots, states,
                      [](T* to, const T* from, int64_t n) { std::copy(from, from + n, to); });
  });
}

template <Isa I>
void scatter_slots(Cpu<I>, const Tensor& x, const Tensor& slots, const Tensor& states) {
  visit_float(states.dtype(), [&]<class T>() {
    for_each_state<T>(x, slots, states,
                      [](const T* from, T* to, int64_t n) { std::copy(from, from + n, to); });
  });
}

template void gather_slots(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void scatter_slots(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
