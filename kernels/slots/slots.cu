// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/indexed_rows.cuh"
#include "kernels/slots/slots.h"

namespace hone::kernels {
namespace {

int64_t bytes_of_state(const Tensor& packed) {
  return packed.dim(0) == 0 ? 0 : packed.nbytes() / packed.dim(0);
}

}  // namespace

void gather_slots(Cuda device, const Tensor& states, const Tensor& slots, const Tensor& y) {
  copy_indexed_rows(device, states.raw(), y.raw(), slots.data<int32_t>(), slots.dim(0),
                    bytes_of_state(y), IndexedRows::gather);
}

void scatter_slots(Cuda device, const Tensor& x, const Tensor& slots, const Tensor& states) {
  copy_indexed_rows(device, x.raw(), states.raw(), slots.data<int32_t>(), slots.dim(0),
                    bytes_of_state(x), IndexedRows::scatter);
}

}  // namespace hone::kernels
