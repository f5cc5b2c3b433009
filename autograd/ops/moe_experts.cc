// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/moe_experts.h"

#include <algorithm>

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/core/scratch.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/moe/combine.h"
#include "kernels/moe/grouped_gram.h"
#include "kernels/moe/lora.h"
#include "kernels/moe/multiply_4bit_experts.h"
#include "kernels/moe/weighted_swiglu.h"
#include "kernels/swiglu/swiglu.h"

namespace hone {
namespace {

using kernels::ExpertOrder;
using kernels::RowsBy;
using kernels::Transpose;

constexpr int64_t kGroupBytes = int64_t{64} << 20;  // of experts dequantised at a time

Tensor in_dtype(const Tensor& t, DType dtype) {
  return t.dtype() == dtype ? t : kernels::cast(t, dtype);
}

// Calls f(first expert, their matrices [experts, out, in] in dtype) for groups of experts. A
// quantised stack is dequantised one group at a time, into memory that the groups share.
template <class F>
void for_each_group(const Weight& w, DType dtype, F&& f) {
  if (!w.quantized()) return f(int64_t{0}, w.materialize(dtype));
  const Shape& s = w.shape();
  const int64_t expert_bytes = std::max<int64_t>(s[1] * s[2] * size_of(dtype), 1);
  const int64_t group = std::clamp<int64_t>(kGroupBytes / expert_bytes, 1, s[0]);
  const Tensor scratch = kernels::scratch_tensor({group, s[1], s[2]}, dtype, w.device());
  for (int64_t begin = 0; begin < s[0]; begin += group) {
    const Tensor part = scratch.rows(0, std::min(group, s[0] - begin));
    w.dequantize_experts(begin, part);
    f(begin, part);
  }
}

// One of the two layers that every expert has.
struct Layer {
  Weight weight;
  Tensor a, b;  // undefined without an adapter
  GradHandle gw, ga, gb;
  double scale = 1;

  Layer(const Weight& w, const ExpertLora* lora) : weight(w), gw(w.dense().grad()) {
    const Var none;
    const Var &va = lora ? lora->a : none, &vb = lora ? lora->b : none;
    a = va.value(), b = vb.value(), ga = va.grad(), gb = vb.grad();
    if (lora) scale = lora->scale;
  }

  bool adapted() const { return a.defined(); }
  // Gradients that are made of the layer's input.
  bool needs_input() const { return gw->wanted() || ga->wanted(); }
  bool trains() const { return needs_input() || gb->wanted(); }
  void check_operands(const char* name, int64_t in, int64_t experts) const;

  struct Product {
    Tensor y;     // [P, out], or [P, in] for the backward pass, in expert order
    Tensor rank;  // [P, R]: the rows between the factors; undefined without an adapter
  };
  // x op(W + scale * B A). op = transpose: the layer itself; else its input gradient.
  Product multiply(const Tensor& x, RowsBy by, Transpose op, const ExpertOrder& order) const;
  // The layer itself from the codes of its weight; nothing is left for a backward pass.
  Tensor multiply_codes(const Tensor& x, RowsBy by, const ExpertOrder& order) const;
  // dy B alone.
  Tensor multiply_b(const Tensor& dy, RowsBy by, const ExpertOrder& order) const;
  // Gradients of W and A from the input rows, and of B from xa = x A^T. dy_b = dy B. Operands of
  // gradients that are not wanted may be undefined.
  void parameter_gradients(const Tensor& dy, RowsBy dy_by, const Tensor& dy_b, const Tensor& x,
                           RowsBy x_by, const Tensor& xa, const ExpertOrder& order) const;
};

void Layer::check_operands(const char* name, int64_t in, int64_t experts) const {
  const Shape& s = weight.shape();
  check(s.rank() == 3 && s[0] == experts && s[2] == in, "moe_experts: ", name, " ", s,
        " does not fit ", experts, " experts and rows of ", in);
  if (adapted())
    check(a.rank() == 3 && a.shape() == Shape{experts, a.dim(1), in} &&
              b.shape() == Shape{experts, s[1], a.dim(1)},
          "moe_experts: LoRA factors A ", a.shape(), " and B ", b.shape(), " do not fit ", name,
          " ", s);
}

Layer::Product Layer::multiply(const Tensor& x, RowsBy by, Transpose op,
                               const ExpertOrder& order) const {
  const Shape& s = weight.shape();
  const bool forward = op == Transpose::yes;
  const int64_t positions = order.order.numel();
  if (forward && reads_expert_codes(weight, positions)) return {multiply_codes(x, by, order), {}};
  Product out{Tensor::empty({positions, forward ? s[1] : s[2]}, x.dtype(), x.device()), Tensor()};
  Tensor first, second;
  if (adapted()) {
    out.rank = Tensor::empty({positions, a.dim(1)}, x.dtype(), x.device());
    first = in_dtype(forward ? a : b, x.dtype());
    second = in_dtype(forward ? b : a, x.dtype());
  }
  const kernels::LoraForm form = kernels::choose_lora_form(s[0], s[2], s[1]);
  for_each_group(weight, x.dtype(), [&](int64_t begin, const Tensor& w) {
    const int64_t end = begin + w.dim(0);
    const ExpertOrder group{order.order, order.inverse, order.offsets.rows(begin, end + 1)};
    if (adapted())
      kernels::grouped_lora(x, by, w, op, first.rows(begin, end), second.rows(begin, end), scale,
                            group, out.y, RowsBy::expert, out.rank, form);
    else
      kernels::grouped_gemm(x, by, w, op, 1, 0, group, out.y, RowsBy::expert);
  });
  return out;
}

Tensor Layer::multiply_codes(const Tensor& x, RowsBy by, const ExpertOrder& order) const {
  const Tensor y = kernels::multiply_4bit_experts(x, by, *weight.packed(), order);
  if (!adapted()) return y;
  const Tensor rank = Tensor::empty({order.order.numel(), a.dim(1)}, x.dtype(), x.device());
  kernels::grouped_gemm(x, by, in_dtype(a, x.dtype()), Transpose::yes, 1, 0, order, rank,
                        RowsBy::expert);
  kernels::grouped_gemm(rank, RowsBy::expert, in_dtype(b, x.dtype()), Transpose::yes, scale, 1,
                        order, y, RowsBy::expert);
  return y;
}

Tensor Layer::multiply_b(const Tensor& dy, RowsBy by, const ExpertOrder& order) const {
  const Tensor dy_b = Tensor::empty({order.order.numel(), b.dim(2)}, dy.dtype(), dy.device());
  kernels::grouped_gemm(dy, by, in_dtype(b, dy.dtype()), Transpose::no, 1, 0, order, dy_b,
                        RowsBy::expert);
  return dy_b;
}

void Layer::parameter_gradients(const Tensor& dy, RowsBy dy_by, const Tensor& dy_b, const Tensor& x,
                                RowsBy x_by, const Tensor& xa, const ExpertOrder& order) const {
  const DType sums = kernels::accumulator_dtype(dy.dtype());
  const auto target = [&](const GradHandle& g, const Shape& shape) {
    return g->target(shape, sums, dy.device());
  };
  if (gw->wanted()) kernels::grouped_gram(dy, dy_by, x, x_by, 1, order, target(gw, weight.shape()));
  if (ga->wanted())
    kernels::grouped_gram(dy_b, RowsBy::expert, x, x_by, scale, order, target(ga, a.shape()));
  if (gb->wanted())
    kernels::grouped_gram(dy, dy_by, xa, RowsBy::expert, scale, order, target(gb, b.shape()));
}

// What backward keeps.
struct Experts {
  Layer gate_up, down;
  ExpertOrder order;
  Tensor weights;
  Saved x, z, xa, ha;
  GradHandle gx, gweights;

  void backward(const Tensor& dy) const;
  void gate_up_backward(const Tensor& dz) const;
};

void Experts::backward(const Tensor& dy) const {
  Tensor dz;
  {
    const Layer::Product dh = down.multiply(dy, RowsBy::token, Transpose::no, order);
    const kernels::WeightedSwigluGrad g =
        kernels::weighted_swiglu_backward(dh.y, z.get(), weights, order, down.needs_input());
    gweights->add(g.dw);
    const Tensor weighted_ha =
        ha.defined() ? kernels::moe_scale_rows(ha.get(), weights, order) : Tensor();
    down.parameter_gradients(dy, RowsBy::token, dh.rank, g.wh, RowsBy::expert, weighted_ha, order);
    dz = g.dz;
  }
  gate_up_backward(dz);
}

void Experts::gate_up_backward(const Tensor& dz) const {
  if (!gx->wanted() && !gate_up.trains()) return;
  Layer::Product dx;
  if (gx->wanted())
    dx = gate_up.multiply(dz, RowsBy::expert, Transpose::no, order);
  else if (gate_up.ga->wanted())
    dx.rank = gate_up.multiply_b(dz, RowsBy::expert, order);
  gate_up.parameter_gradients(dz, RowsBy::expert, dx.rank, x.get(), RowsBy::token, xa.get(), order);
  if (gx->wanted()) gx->add(kernels::moe_combine(dx.y, Tensor(), order, weights.dim(1)));
}

}  // namespace

bool reads_expert_codes(const Weight& stack, int64_t assignments) {
  return is_gpu(stack.device()) && stack.packed() && Tape::current() == nullptr &&
         assignments <= kernels::kFewAssignments;
}

Var moe_experts(const Var& x, const Var& weights, const ExpertOrder& order, const Weight& gate_up,
                const ExpertLora* gate_up_lora, const Weight& down, const ExpertLora* down_lora) {
  const int64_t experts = order.offsets.numel() - 1, width = down.shape()[2];
  Experts saved{Layer(gate_up, gate_up_lora),
                Layer(down, down_lora),
                order,
                weights.value(),
                {},
                {},
                {},
                {},
                x.grad(),
                weights.grad()};
  saved.gate_up.check_operands("gate_up", x.dim(1), experts);
  saved.down.check_operands("down", width, experts);
  check(gate_up.shape()[1] == 2 * width && down.shape()[1] == x.dim(1), "moe_experts: gate_up ",
        gate_up.shape(), " and down ", down.shape(), " do not fit each other");
  check(weights.shape().rank() == 2 && weights.dim(0) == x.dim(0) &&
            weights.value().numel() == order.order.numel(),
        "moe_experts: weights ", weights.shape(), " for x ", x.shape(), " and ",
        order.order.numel(), " assignments");

  const auto z = saved.gate_up.multiply(x.value(), RowsBy::token, Transpose::yes, order);
  Layer::Product y;
  {
    const Tensor h = kernels::swiglu_forward(z.y.narrow(1, 0, width), z.y.narrow(1, width, width));
    y = saved.down.multiply(h, RowsBy::expert, Transpose::yes, order);
  }
  saved.z = Saved("moe_experts.gate_up", z.y);
  if (saved.gate_up.needs_input()) saved.x = Saved("moe_experts.x", x);
  if (saved.gate_up.gb->wanted()) saved.xa = Saved("moe_experts.xa", z.rank);
  if (saved.down.gb->wanted()) saved.ha = Saved("moe_experts.ha", y.rank);
  const auto factor = [](const ExpertLora* lora, Var ExpertLora::*which) {
    return lora ? lora->*which : Var();
  };
  return record({x, weights, gate_up.dense(), factor(gate_up_lora, &ExpertLora::a),
                 factor(gate_up_lora, &ExpertLora::b), down.dense(),
                 factor(down_lora, &ExpertLora::a), factor(down_lora, &ExpertLora::b)},
                kernels::moe_combine(y.y, weights.value(), order, weights.dim(1)),
                [saved](const Tensor& dy) { saved.backward(dy); });
}

}  // namespace hone
