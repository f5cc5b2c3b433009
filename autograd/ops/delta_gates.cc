// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/delta_gates.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/delta_rule/delta_gates.h"

namespace hone {

std::array<Var, 2> delta_gates(const Var& a, const Var& b, const Var& a_log, const Var& dt_bias) {
  const auto out =
      kernels::delta_gates_forward(a.value(), b.value(), a_log.value(), dt_bias.value());
  const std::vector<Var> vars = record(
      {a, b, a_log, dt_bias}, {out.g, out.beta},
      [sa = Saved("delta_gates.a", a), sb = Saved("delta_gates.b", b), rate = a_log.value(),
       bias = dt_bias.value(), ga = a.grad(), gb = b.grad(), g_rate = a_log.grad(),
       g_bias = dt_bias.grad()](std::span<const Tensor> dy) {
        const DType wide = kernels::accumulator_dtype(sa.get().dtype());
        const auto target = [&](const GradHandle& g, const Tensor& parameter) {
          return dy[0].defined() ? g->target(parameter.shape(), wide, parameter.device())
                                 : kernels::GradTarget();
        };
        const auto d = kernels::delta_gates_backward(dy[0], dy[1], sa.get(), sb.get(), rate, bias,
                                                     target(g_rate, rate), target(g_bias, bias));
        ga->add(d.da);
        gb->add(d.db);
      });
  return {vars[0], vars[1]};
}

}  // namespace hone
