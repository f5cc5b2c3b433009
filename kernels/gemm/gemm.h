// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Dense matrix product.
//
//   C[m,n] = alpha * sum_k opA(A)[m,k] * opB(B)[k,n] + beta * C[m,n]        op(X) = X or X^T
//
//   A, B in T = f32, f64 or bf16; C in T, or f32 for bf16. Rows may be strided, columns are
//   contiguous.
//   Sums in f32 (f64 for f64), one rounding to C's type. beta = 0 ignores what C held, NaN
//   included. CPU: Eigen on tiles cut by shape alone, each computed by one thread over the whole of
//   K, so the result does not depend on the number of threads.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

enum class Transpose { no, yes };

// a [M, K] (or [K, M] transposed), b [K, N] (or [N, K] transposed), c [M, N].
void gemm(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha, double beta,
          const Tensor& c);
// A new C = op(A) op(B) in A's dtype.
Tensor matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb);

Cost gemm_cost(int64_t m, int64_t n, int64_t k, DType in, DType out);

// A matrix inside a CPU kernel: element (i, j) at data[i * stride + j].
template <class T>
struct MatrixRef {
  T* data;
  int64_t rows;
  int64_t columns;
  int64_t stride;
};

// Device implementations.
template <Isa I>
void gemm(Cpu<I>, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
          double beta, const Tensor& c);
// For use inside other CPU kernels: one thread, T = float or double.
template <Isa I, class T>
void gemm_serial(Cpu<I>, MatrixRef<const T> a, Transpose ta, MatrixRef<const T> b, Transpose tb,
                 T alpha, T beta, MatrixRef<T> c);

}  // namespace hone::kernels
