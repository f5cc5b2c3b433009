// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/delta_rule/delta_rule_step.h"

namespace hone::kernels {
namespace {

constexpr int64_t kColumns = 64;  // of a state, worked on together: their sums stay in L1

template <class T>
const T* head(const Tensor& x, int64_t n, int64_t h) {
  return x.data<T>() + n * x.stride(0) + h * x.stride(1);
}

// Columns [j0, j0 + columns) of one state.
template <class T, class A = acc_t<T>>
void step_columns(const DeltaStepInput& in, int64_t n, int64_t h, int64_t j0, int64_t columns, A* S,
                  T* o) {
  const int64_t Hv = in.v.dim(1), Dk = in.q.dim(2), Dv = in.v.dim(2);
  const int64_t key_head = h / (Hv / in.q.dim(1));
  const T *q = head<T>(in.q, n, key_head), *k = head<T>(in.k, n, key_head);
  const T* v = head<T>(in.v, n, h) + j0;
  const A decay = exponential(in.g.data<A>()[n * Hv + h]), beta = in.beta.data<A>()[n * Hv + h];
  const A scale = A(1) / std::sqrt(static_cast<A>(Dk));
  std::array<A, kColumns> d{}, out{};
  for (int64_t i = 0; i < Dk; ++i) {
    const A key = A(k[i]);
    const A* row = S + i * Dv + j0;
    for (int64_t j = 0; j < columns; ++j) d[j] += row[j] * key;
  }
  for (int64_t j = 0; j < columns; ++j) d[j] = beta * (A(v[j]) - decay * d[j]);
  for (int64_t i = 0; i < Dk; ++i) {
    const A key = A(k[i]), query = scale * A(q[i]);
    A* row = S + i * Dv + j0;
    for (int64_t j = 0; j < columns; ++j) {
      row[j] = decay * row[j] + key * d[j];
      out[j] += row[j] * query;
    }
  }
  for (int64_t j = 0; j < columns; ++j) o[j0 + j] = T(out[j]);
}

}  // namespace

template <Isa I>
void gated_delta_rule_step(Cpu<I>, const DeltaStepInput& in, const Tensor& states,
                           const Tensor& o) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t Hv = in.v.dim(1), Dv = in.v.dim(2);
    const int64_t blocks = (Dv + kColumns - 1) / kColumns;
    const int64_t cost = 7 * in.q.dim(2) * std::min(Dv, kColumns);
    parallel_for(in.v.dim(0) * Hv * blocks, grain_for(cost), [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t n = task / blocks / Hv, h = task / blocks % Hv;
        const int64_t j0 = task % blocks * kColumns;
        A* state = states.data<A>() + in.slots.data<int32_t>()[n] * states.stride(0) +
                   h * states.stride(1);
        step_columns<T>(in, n, h, j0, std::min(kColumns, Dv - j0), state,
                        o.data<T>() + (n * Hv + h) * Dv);
      }
    });
  });
}

template void gated_delta_rule_step(Cpu<kIsa>, const DeltaStepInput&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
