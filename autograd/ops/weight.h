// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "autograd/var.h"
#include "tensor/quantized.h"

namespace hone {

// A matrix [out, in], or a stack of them [E, out, in], as a parameter stores it: dense, or frozen
// in 4 bits per element, or (stacks) in e4m3 with a scale per expert. Copies share the bytes and the
// gradient slot.
class Weight {
 public:
  // Trainable or frozen, by dense.requires_grad().
  explicit Weight(Var dense) : dense_(std::move(dense)) {}
  // Frozen. Requires: not null.
  explicit Weight(std::shared_ptr<const QuantizedTensor> packed);

  explicit Weight(std::shared_ptr<const Fp8Experts> fp8);

  const Shape& shape() const;
  Device device() const;
  bool requires_grad() const { return dense_.requires_grad(); }
  bool quantized() const { return packed_ != nullptr || fp8_ != nullptr; }
  // Undefined if quantized.
  const Var& dense() const { return dense_; }
  // At most one is not null.
  const std::shared_ptr<const QuantizedTensor>& packed() const { return packed_; }
  const std::shared_ptr<const Fp8Experts>& fp8() const { return fp8_; }
  // Bytes held in memory.
  int64_t nbytes() const;

  // The values in `dtype`: the stored tensor where it has that dtype, otherwise a temporary that
  // the caller drops after the product it is for, so that at most one exists at a time.
  Tensor materialize(DType dtype) const;
  // Matrices [begin, begin + out.dim(0)) of a quantised stack, in out's dtype, into out.
  void dequantize_experts(int64_t begin, const Tensor& out) const;

 private:
  Var dense_;
  std::shared_ptr<const QuantizedTensor> packed_;
  std::shared_ptr<const Fp8Experts> fp8_;
};

}  // namespace hone
