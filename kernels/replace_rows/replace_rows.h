// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows written by number: image features take the places of image tokens.
//
//   to[rows[m], c] = from[m, c], or 0 without `from`
//
//   rows [M] i64, all different   from [M, C]   to [N, C] in T = f32, f64 or bf16, contiguous
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// from may be undefined. Errors: kInternal if a row is outside [0, N).
void replace_rows(const Tensor& rows, const Tensor& from, const Tensor& to);

// M rows of C elements of T.
Cost replace_rows_cost(int64_t m, int64_t c, DType t);

// Device implementations.
template <Isa I>
void replace_rows(Cpu<I>, const Tensor& rows, const Tensor& from, const Tensor& to);
void replace_rows(Cuda, const Tensor& rows, const Tensor& from, const Tensor& to);

}  // namespace hone::kernels
