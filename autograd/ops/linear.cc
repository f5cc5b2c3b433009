// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/linear.h"

#include <optional>

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"
#include "kernels/nf4/multiply.h"

namespace hone {
namespace {

using kernels::gemm;
using kernels::GradTarget;
constexpr auto kNo = kernels::Transpose::no;
constexpr auto kYes = kernels::Transpose::yes;

// [..., C] as [N, C].
Tensor as_matrix(const Tensor& t) {
  if (t.rank() == 2) return t;
  const int64_t columns = t.dim(-1);
  return t.view({columns == 0 ? 0 : t.numel() / columns, columns});
}

Shape with_last(Shape shape, int64_t extent) {
  shape.set(-1, extent);
  return shape;
}

Tensor ones(int64_t n, const Tensor& like) {
  const Tensor t = Tensor::empty({n, 1}, like.dtype(), like.device());
  kernels::fill(t, 1);
  return t;
}

Tensor in_dtype(const Tensor& t, DType dtype) {
  return t.dtype() == dtype ? t : kernels::cast(t, dtype);
}

// What backward needs of a Lora.
struct Update {
  Tensor a, b;
  GradHandle ga, gb;
  double scale;
  double dropout;
  kernels::DropoutStream random;
  Saved xa;  // drop(x) A^T [N, R]

  Tensor dropped(const Tensor& x) const {
    return dropout > 0 ? kernels::dropout(x, dropout, random) : x;
  }
  bool trains() const { return ga->wanted() || gb->wanted(); }
  void parameter_gradients(const Tensor& dy, const Tensor& dyb, const Saved& x) const;
  void input_gradient(const Tensor& dyb, const Tensor& dx, bool accumulate) const;
};

// dyb = scale * dy B [N, R].
void Update::parameter_gradients(const Tensor& dy, const Tensor& dyb, const Saved& x) const {
  const DType sums = kernels::accumulator_dtype(dy.dtype());
  if (const GradTarget db = gb->target(b.shape(), sums, b.device()); db.wanted())
    gemm(dy, kYes, xa.get(), kNo, scale, db.accumulate, db.tensor);
  if (const GradTarget da = ga->target(a.shape(), sums, a.device()); da.wanted())
    gemm(dyb, kYes, dropped(as_matrix(x.get())), kNo, 1, da.accumulate, da.tensor);
}

// dx (+)= the part of the gradient that goes through B A.
void Update::input_gradient(const Tensor& dyb, const Tensor& dx, bool accumulate) const {
  const Tensor a_x = in_dtype(a, dyb.dtype());
  if (dropout == 0) return gemm(dyb, kNo, a_x, kNo, 1, accumulate, dx);
  const Tensor through_a = kernels::matmul(dyb, kNo, a_x, kNo);
  kernels::cast_into(kernels::dropout(through_a, dropout, random), dx, accumulate);
}

void check_operands(const Var& x, const Weight& w, const Lora* lora, const Var& bias) {
  const Shape& s = w.shape();
  check(s.rank() == 2 && x.shape().rank() >= 1 && x.dim(-1) == s[1], "linear: x ", x.shape(),
        " does not fit weight ", s);
  check(!bias.defined() || (bias.shape() == Shape{s[0]} && bias.dtype() == x.dtype()),
        "linear: bias ", bias.shape(), " ", name_of(bias.dtype()), " does not fit weight ", s,
        " and x ", name_of(x.dtype()));
  if (lora == nullptr) return;
  const Shape &a = lora->a.shape(), &b = lora->b.shape();
  check(a.rank() == 2 && b.rank() == 2 && a[1] == s[1] && b[0] == s[0] && a[0] == b[1],
        "linear: LoRA factors A ", a, " and B ", b, " do not fit weight ", s);
}

// Decoding on a GPU: few rows, for which the codes of the weight are read and nothing is dequantised.
bool reads_codes(const Tensor& x, const Weight& w, const Var& bias) {
  return is_gpu(x.device()) && w.packed() && !bias.defined() && Tape::current() == nullptr &&
         x.dim(0) <= kernels::kMultiply4BitRows;
}

// y (+)= scale * (drop(x) A^T) B^T
Update apply(const Lora& lora, const Tensor& x, const Tensor& y, bool accumulate) {
  Update u = {lora.a.value(), lora.b.value(), lora.a.grad(), lora.b.grad(),
              lora.scale,     lora.dropout,   lora.random,   {}};
  const Tensor xa = kernels::matmul(u.dropped(x), kNo, in_dtype(u.a, x.dtype()), kYes);
  gemm(xa, kNo, in_dtype(u.b, x.dtype()), kYes, u.scale, accumulate, y);
  if (u.gb->wanted()) u.xa = Saved("linear.xa", xa);
  return u;
}

struct Product {
  Tensor y;
  std::optional<Update> update;
};

// x W^T + bias + the update, for rows x [N, in]. The small terms are written first: W's product, which
// is bound by arithmetic, then reads them for nothing.
Product product(const Tensor& x, const Weight& w, const Lora* lora, const Var& bias) {
  Product p;
  if (reads_codes(x, w, bias)) {
    p.y = kernels::multiply_4bit(x, *w.packed());
    if (lora) p.update = apply(*lora, x, p.y, /*accumulate=*/true);
    return p;
  }
  const int64_t out = w.shape()[0];
  p.y = Tensor::empty({x.dim(0), out}, x.dtype(), x.device());
  if (bias.defined()) gemm(ones(x.dim(0), x), kNo, bias.value().view({1, out}), kNo, 1, 0, p.y);
  if (lora) p.update = apply(*lora, x, p.y, bias.defined());
  gemm(x, kNo, w.materialize(x.dtype()), kYes, 1, bias.defined() || lora, p.y);
  return p;
}

}  // namespace

Var linear(const Var& x, const Weight& w, const Lora* lora, const Var& bias) {
  check_operands(x, w, lora, bias);
  const Tensor rows = as_matrix(x.value());
  const auto [y_rows, update] = product(rows, w, lora, bias);
  const Tensor y = y_rows.view(with_last(x.shape(), w.shape()[0]));
  Saved saved_x;
  if (w.requires_grad() || (lora && lora->a.requires_grad())) saved_x = Saved("linear.x", x);
  return record(
      {x, w.dense(), bias, lora ? lora->a : Var(), lora ? lora->b : Var()}, y,
      [w, update = update, saved_x, shape = x.shape(), gx = x.grad(),
       gbias = bias.grad()](const Tensor& d) {
        const Tensor dy = as_matrix(d);
        const DType sums = kernels::accumulator_dtype(dy.dtype());
        if (w.requires_grad()) {
          const GradTarget dw = w.dense().grad()->target(w.shape(), sums, w.device());
          gemm(dy, kYes, as_matrix(saved_x.get()), kNo, 1, dw.accumulate, dw.tensor);
        }
        if (const GradTarget db = gbias->target({dy.dim(1)}, sums, dy.device()); db.wanted())
          gemm(ones(dy.dim(0), dy), kYes, dy, kNo, 1, db.accumulate,
               db.tensor.view({1, dy.dim(1)}));
        Tensor dyb;  // scale * dy B
        if (update && (update->trains() || gx->wanted())) {
          dyb = Tensor::empty({dy.dim(0), update->b.dim(1)}, dy.dtype(), dy.device());
          gemm(dy, kNo, in_dtype(update->b, dy.dtype()), kNo, update->scale, 0, dyb);
          update->parameter_gradients(dy, dyb, saved_x);
        }
        if (const GradTarget to = gx->target(shape, dy.dtype(), dy.device()); to.wanted()) {
          const Tensor dx = as_matrix(to.tensor);
          if (update) update->input_gradient(dyb, dx, to.accumulate);
          gemm(dy, kNo, w.materialize(dy.dtype()), kNo, 1, update || to.accumulate, dx);
        }
      });
}

}  // namespace hone
