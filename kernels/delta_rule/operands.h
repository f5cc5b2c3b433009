// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How the CPU kernels of this folder see their operands: sizes, heads, documents, states.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/core/documents.h"
#include "kernels/delta_rule/delta_rule.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels {

// The sizes of one call. G value heads share a key head.
struct DeltaSizes {
  explicit DeltaSizes(const DeltaRuleInput& in)
      : documents(in.cu_seqlens.dim(0) - 1),
        N(in.q.dim(0)),
        Hk(in.q.dim(1)),
        Hv(in.v.dim(1)),
        G(Hv / Hk),
        Dk(in.q.dim(2)),
        Dv(in.v.dim(2)) {}

  Document document(const DeltaRuleInput& in, int64_t s) const {
    const int32_t* at = in.cu_seqlens.data<int32_t>() + s;
    return {at[0], at[1]};
  }
  int64_t documents, N, Hk, Hv, G, Dk, Dv;
};

template <class F>
F query_scale(const DeltaSizes& z) {
  return F(1) / std::sqrt(static_cast<F>(z.Dk));
}

// Rows [begin, begin + n) of head h of x [N, H, D] as an [n, D] matrix.
template <class T>
MatrixRef<T> head_rows(const Tensor& x, int64_t h, int64_t begin, int64_t n) {
  return {x.data<T>() + begin * x.stride(0) + h * x.stride(1), n, x.dim(2), x.stride(0)};
}

// State of document s and head h of states [S, H, Dk, Dv] as a [Dk, Dv] matrix.
template <class F>
MatrixRef<F> head_state(const Tensor& states, int64_t s, int64_t h) {
  return {states.data<F>() + s * states.stride(0) + h * states.stride(1), states.dim(2),
          states.dim(3), states.dim(3)};
}

// to = scale * from, converted.
template <class F, class From, class To>
void copy_scaled(MatrixRef<From> from, F scale, MatrixRef<To> to) {
  for (int64_t i = 0; i < from.rows; ++i)
    for (int64_t j = 0; j < from.columns; ++j)
      to.data[i * to.stride + j] = To(scale * F(from.data[i * from.stride + j]));
}

// S = state of document s and head h, or zero if there are none.
template <class F>
void load_state(const Tensor& states, int64_t s, int64_t h, MatrixRef<F> S) {
  if (states.defined())
    copy_scaled(head_state<F>(states, s, h), F(1), S);
  else
    std::fill(S.data, S.data + S.rows * S.columns, F(0));
}
template <class F>
void store_state(MatrixRef<F> S, const Tensor& states, int64_t s, int64_t h) {
  if (states.defined()) copy_scaled(S, F(1), head_state<F>(states, s, h));
}

}  // namespace hone::kernels
