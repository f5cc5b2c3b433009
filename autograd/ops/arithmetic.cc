// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/arithmetic.h"

#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"

namespace hone {

Var add(const Var& a, const Var& b) {
  return record({a, b}, kernels::add(a.value(), b.value()),
                [ga = a.grad(), gb = b.grad()](const Tensor& dy) {
                  ga->add(dy);
                  gb->add(dy);
                });
}

Var scale(const Var& x, const Tensor& factor) {
  return record({x}, kernels::scale(x.value(), factor),
                [gx = x.grad(), factor](const Tensor& dy) { gx->add(kernels::scale(dy, factor)); });
}

Var scale(const Var& x, double factor) {
  return record({x}, kernels::scale(x.value(), factor),
                [gx = x.grad(), factor](const Tensor& dy) { gx->add(kernels::scale(dy, factor)); });
}

Var reshape(const Var& x, const Shape& shape) {
  return record({x}, x.value().view(shape), [gx = x.grad(), before = x.shape()](const Tensor& dy) {
    gx->add(dy.view(before));
  });
}

}  // namespace hone
