// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The grouped products of a mixture of experts as plain loops in double, and inputs for their
// tests.
#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "kernels/moe/grouped_gemm.h"
#include "tensor/random.h"
#include "tests/support/compare.h"

namespace hone::test {

using kernels::ExpertOrder;
using kernels::RowsBy;
using kernels::Transpose;

// [n, k] i32: k distinct experts for each token.
inline Tensor random_experts(int64_t n, int64_t k, int64_t experts) {
  const RandomStream random(7, "experts");
  std::vector<int32_t> ids, all(static_cast<size_t>(experts));
  for (int64_t t = 0; t < n; ++t) {
    std::iota(all.begin(), all.end(), 0);
    for (int64_t j = 0; j < k; ++j) {
      const auto rest = static_cast<uint64_t>(experts - j);
      const uint64_t pick = random.bits(static_cast<uint64_t>(t * k + j)) % rest;
      std::swap(all[static_cast<size_t>(j)], all[static_cast<size_t>(j) + pick]);
      ids.push_back(all[static_cast<size_t>(j)]);
    }
  }
  return Tensor::of(ids, {n, k});
}

inline Tensor wide(const Tensor& t) { return kernels::cast(t, DType::f64); }

inline int64_t expert_of(const ExpertOrder& order, int64_t p) {
  int64_t e = 0;
  while (order.offsets.data<int32_t>()[e + 1] <= p) ++e;
  return e;
}

inline int64_t row_of(const Tensor& x, RowsBy by, const ExpertOrder& order, int64_t p) {
  if (by == RowsBy::expert) return p;
  const int64_t assignment = order.order.data<int32_t>()[p];
  return by == RowsBy::assignment ? assignment : assignment / (order.order.numel() / x.dim(0));
}

// x op(W_e) for the row of each position: f64 [P, out].
inline Tensor expert_product(const Tensor& x, RowsBy by, const Tensor& w, Transpose op,
                             const ExpertOrder& order) {
  const Tensor x64 = wide(x), w64 = wide(w);
  const int64_t positions = order.order.numel(), in = x.dim(1);
  const int64_t out = w.dim(op == Transpose::yes ? 1 : 2);
  const Tensor y = Tensor::zeros({positions, out}, DType::f64);
  for (int64_t p = 0; p < positions; ++p) {
    const double* row = x64.data<double>() + row_of(x, by, order, p) * in;
    const double* matrix = w64.data<double>() + expert_of(order, p) * in * out;
    double* to = y.data<double>() + p * out;
    if (op == Transpose::yes)
      for (int64_t o = 0; o < out; ++o)
        for (int64_t i = 0; i < in; ++i) to[o] += row[i] * matrix[o * in + i];
    else
      for (int64_t i = 0; i < in; ++i)
        for (int64_t o = 0; o < out; ++o) to[o] += row[i] * matrix[i * out + o];
  }
  return y;
}

// sum over the positions p of each expert of u[p]^T v[p]: f64 [E, M, N].
inline Tensor expert_gram(const Tensor& u, RowsBy u_by, const Tensor& v, RowsBy v_by,
                          const ExpertOrder& order) {
  const Tensor u64 = wide(u), v64 = wide(v);
  const int64_t M = u.dim(1), N = v.dim(1);
  const Tensor g = Tensor::zeros({order.offsets.numel() - 1, M, N}, DType::f64);
  for (int64_t p = 0; p < order.order.numel(); ++p) {
    const double* a = u64.data<double>() + row_of(u, u_by, order, p) * M;
    const double* b = v64.data<double>() + row_of(v, v_by, order, p) * N;
    double* to = g.data<double>() + expert_of(order, p) * M * N;
    for (int64_t m = 0; m < M; ++m)
      for (int64_t n = 0; n < N; ++n) to[m * N + n] += a[m] * b[n];
  }
  return g;
}

// Rows of positions brought to where `by` wants them.
inline Tensor arranged(const Tensor& rows, RowsBy by, const ExpertOrder& order) {
  const Tensor y = Tensor::empty_like(rows);
  for (int64_t p = 0; p < rows.dim(0); ++p) {
    const int64_t to = row_of(y, by, order, p);
    copy_bytes(rows.rows(p, p + 1), y.rows(to, to + 1));
  }
  return y;
}

// E experts [out, in], T tokens to k of them each, LoRA rank R.
struct MoeShape {
  const char* name;
  int64_t E, in, out, T, k, R;
};

// Published mixtures, the larger ones with their widths and tokens divided by 16; then odd ones.
inline std::vector<MoeShape> moe_shapes() {
  return {{"tiny", 32, 128, 64, 64, 2, 4},
          {"small", 64, 64, 32, 128, 4, 8},
          {"qwen3.5 gate_up", 256, 128, 64, 128, 8, 16},
          {"qwen3.5 down", 256, 32, 128, 128, 8, 16},
          {"olmoe gate_up", 64, 128, 128, 128, 8, 16},
          {"qwen3 gate_up", 128, 128, 96, 128, 8, 16},
          {"odd", 5, 72, 100, 67, 3, 3},
          {"odd", 3, 100, 300, 129, 2, 1},
          {"one", 1, 1, 1, 1, 1, 1},
          {"mostly idle", 40, 33, 17, 3, 2, 2},
          {"no tokens", 4, 8, 8, 0, 2, 2}};
}

struct NamedTolerance {
  DType dtype;
  double error;
};
// Of a product in norm: f64 and f32 by accumulation, bf16 by rounding its result.
inline constexpr NamedTolerance kMoeTolerances[] = {
    {DType::f64, 1e-11}, {DType::f32, 1e-5}, {DType::bf16, 1e-2}};

}  // namespace hone::test
