// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Working memory of the CPU kernels of this folder: one buffer a thread, cut into vectors and
// matrices.
#pragma once

#include "kernels/core/parallel.h"
#include "kernels/gemm/gemm.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Hands out parts of one buffer; counts only, when there is no buffer yet. Parts start at multiples
// of 64 bytes from its start, so equal chunks see equal alignment wherever they lie.
template <class F>
class Scratch {
 public:
  explicit Scratch(F* base) : base_(base) {}

  F* vector(int64_t n) {
    F* part = base_ ? base_ + used_ : nullptr;
    used_ += (n + 15) / 16 * 16;
    return part;
  }
  MatrixRef<F> matrix(int64_t rows, int64_t columns) {
    return {vector(rows * columns), rows, columns, columns};
  }
  int64_t used() const { return used_; }

 private:
  F* base_;
  int64_t used_ = 0;
};

// One row of scratch memory per thread; size(counter) says how much by taking it from a counter.
template <class F, class Size>
Tensor scratch_for_threads(DType dtype, Size size) {
  Scratch<F> counter(nullptr);
  size(counter);
  return Tensor::empty({num_threads(), counter.used()}, dtype);
}

}  // namespace hone::kernels
