// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "autograd/var.h"
#include "tensor/quantized.h"

namespace hone {

// A matrix [out, in], or a stack of them [E, out, in], as a parameter stores it: dense, or frozen
// in 4 bits per element. Copies share the bytes and the gradient slot.
class Weight {
 public:
  // Trainable or frozen, by dense.requires_grad().
  explicit Weight(Var dense) : dense_(std::move(dense)) {}
  // Frozen. Requires: not null.
  explicit Weight(std::shared_ptr<const QuantizedTensor> packed);

  const Shape& shape() const { return packed_ ? packed_->shape : dense_.shape(); }
  Device device() const { return packed_ ? packed_->device() : dense_.device(); }
  bool requires_grad() const { return dense_.requires_grad(); }
  bool quantized() const { return packed_ != nullptr; }
  // Undefined if quantized.
  const Var& dense() const { return dense_; }
  // Null unless quantized.
  const std::shared_ptr<const QuantizedTensor>& packed() const { return packed_; }
  // Bytes held in memory.
  int64_t nbytes() const { return packed_ ? packed_->nbytes() : dense_.value().nbytes(); }

  // The values in `dtype`: the stored tensor where it has that dtype, otherwise a temporary that
  // the caller drops after the product it is for, so that at most one exists at a time.
  Tensor materialize(DType dtype) const;

 private:
  Var dense_;
  std::shared_ptr<const QuantizedTensor> packed_;
};

}  // namespace hone
