// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Working memory of CPU kernels.
//
// What a loop needs beside its operands is one tensor, allocated by foo.cc and passed to the loop: a
// part for each thread that may take part. How many may, depends on the loop's length alone. So the
// memory of a step is a function of its shapes, and the same on the meta device, where it is only
// counted. Parts that no thread uses cost no memory of the machine, since nobody touches them.
#pragma once

#include <algorithm>

#include "kernels/core/parallel.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Hands out parts of one buffer; counts only, when there is no buffer yet. Parts start at multiples
// of 64 bytes from its start, so equal work sees equal alignment wherever it lies.
template <class F>
class Scratch {
 public:
  explicit Scratch(F* base = nullptr) : base_(base) {}

  F* vector(int64_t n) {
    F* part = base_ ? base_ + used_ : nullptr;
    used_ += (n + 15) / 16 * 16;
    return part;
  }
  // For elements of another type.
  void* bytes(int64_t n) { return vector((n + int64_t{sizeof(F)} - 1) / int64_t{sizeof(F)}); }
  int64_t used() const { return used_; }

 private:
  F* base_;
  int64_t used_ = 0;
};

// A tensor whose label in the memory counters is "scratch".
inline Tensor scratch_tensor(const Shape& shape, DType dtype, Device device) {
  const MemoryScope scope("scratch");
  return Tensor::empty(shape, dtype, device);
}

// For a loop of `chunks` chunks: [threads, elements]; undefined on a GPU, whose kernels loop otherwise.
// The loop is
//   parallel_for(n, grain, body, scratch.dim(0))
// and its body works in worker_part(scratch, worker).
inline Tensor worker_scratch(int64_t chunks, int64_t elements, DType dtype, Device device) {
  if (is_gpu(device)) return Tensor();
  const int64_t aligned = (elements + 15) / 16 * 16;
  return scratch_tensor({std::clamp<int64_t>(chunks, 1, kMaxWorkers), aligned}, dtype, device);
}

template <class F>
F* worker_part(const Tensor& scratch, int worker) {
  return scratch.data<F>() + worker * scratch.stride(0);
}

}  // namespace hone::kernels
