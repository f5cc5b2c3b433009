// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// A matrix [out, in], or a stack of them [E, out, in], as a parameter stores it. Copies share the
// bytes and the gradient slot.
class Weight {
 public:
  // Trainable or frozen, by dense.requires_grad().
  explicit Weight(Var dense) : dense_(std::move(dense)) {}

  const Shape& shape() const { return dense_.shape(); }
  Device device() const { return dense_.device(); }
  bool requires_grad() const { return dense_.requires_grad(); }
  bool quantized() const { return false; }
  // Undefined if quantized.
  const Var& dense() const { return dense_; }
  // Bytes held in memory.
  int64_t nbytes() const { return dense_.value().nbytes(); }

  // The values in `dtype`: the stored tensor where it has that dtype, otherwise a temporary that
  // the caller drops after the product it is for, so that at most one exists at a time.
  Tensor materialize(DType dtype) const;

 private:
  Var dense_;
};

}  // namespace hone
