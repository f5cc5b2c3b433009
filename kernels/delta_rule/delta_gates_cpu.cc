// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/delta_rule/delta_gates.h"

namespace hone::kernels {
namespace {

template <class A>
A sigmoid(A u) {
  return A(1) / (A(1) + std::exp(-u));
}

// log(1 + e^u) without overflow for any u.
template <class A>
A softplus(A u) {
  return std::max(u, A(0)) + std::log1p(std::exp(-std::abs(u)));
}

// to[h] = sum over blocks of partial[block, which, h].
template <class A>
void sum_blocks(const Tensor& partial, int64_t which, const GradTarget& to) {
  if (!to.wanted()) return;
  const int64_t H = partial.dim(2);
  A* total = to.tensor.data<A>();
  for (int64_t h = 0; h < H; ++h) {
    A sum = to.accumulate ? total[h] : A(0);
    for (int64_t b = 0; b < partial.dim(0); ++b) sum += partial.data<A>()[(2 * b + which) * H + h];
    total[h] = sum;
  }
}

}  // namespace

template <Isa I>
void delta_gates_forward(Cpu<I>, const Tensor& a, const Tensor& b, const Tensor& a_log,
                         const Tensor& dt_bias, const DeltaGates& out) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t H = a.dim(1);
    parallel_for(a.dim(0), grain_for(64 * H), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        for (int64_t h = 0; h < H; ++h) {
          const int64_t i = n * H + h;
          const A u = A(a.data<T>()[i]) + dt_bias.data<A>()[h];
          out.g.data<A>()[i] = -std::exp(a_log.data<A>()[h]) * softplus(u);
          out.beta.data<A>()[i] = A(T(sigmoid(A(b.data<T>()[i]))));
        }
    });
  });
}

template <Isa I>
void delta_gates_backward(Cpu<I>, const Tensor& dg, const Tensor& dbeta, const Tensor& a,
                          const Tensor& b, const Tensor& a_log, const Tensor& dt_bias,
                          const DeltaGatesGrads& out, const GradTarget& da_log,
                          const GradTarget& ddt_bias, const Tensor& partial) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t H = a.dim(1);
    parallel_for(a.dim(0), kDeltaGatesRowBlock, [&](int64_t begin, int64_t end) {
      A* sums =
          partial.defined() ? partial.data<A>() + begin / kDeltaGatesRowBlock * 2 * H : nullptr;
      if (sums) std::fill(sums, sums + 2 * H, A(0));
      for (int64_t n = begin; n < end; ++n)
        for (int64_t h = 0; h < H; ++h) {
          const int64_t i = n * H + h;
          if (dbeta.defined()) {
            const A s = sigmoid(A(b.data<T>()[i]));
            out.db.data<T>()[i] = T(dbeta.data<A>()[i] * s * (A(1) - s));
          }
          if (!dg.defined()) continue;
          const A d = dg.data<A>()[i], rate = -std::exp(a_log.data<A>()[h]);
          const A u = A(a.data<T>()[i]) + dt_bias.data<A>()[h];
          const A du = d * rate * sigmoid(u);
          out.da.data<T>()[i] = T(du);
          if (sums) {
            sums[h] += d * rate * softplus(u);
            sums[H + h] += du;
          }
        }
    });
    if (!partial.defined()) return;
    sum_blocks<A>(partial, 0, da_log);
    sum_blocks<A>(partial, 1, ddt_bias);
  });
}

template void delta_gates_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                  const Tensor&, const DeltaGates&);
template void delta_gates_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                   const Tensor&, const Tensor&, const Tensor&,
                                   const DeltaGatesGrads&, const GradTarget&, const GradTarget&,
                                   const Tensor&);

}  // namespace hone::kernels
