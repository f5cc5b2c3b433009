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
//   included.
//
//   CPU: the terms are taken in ascending k, 256 to a chain of multiply-adds, fused where the
//   processor has them:
//
//     C <- beta * C;   C <- alpha * chain_0 + C;   C <- alpha * chain_1 + C;   ...
//
//   So the bits of an element depend on its row of op(A), its column of op(B), alpha, beta and what
//   it held: not on the other rows and columns, the transpositions, strides or threads. A document
//   gives the same numbers alone as packed with others.
#pragma once

#include <span>

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/gemm/tile_shape.h"
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

// The scratch memory of a product of a [M, K] into c [M, N], for gemm's device implementation and
// any product not larger. CPU: packed operands of each thread and, where c is narrower than the
// sums, a tile of those. GPU: what cuBLAS may use, u8.
struct GemmSize {
  int64_t M, N, K;
  DType in, out;
};
Tensor gemm_workspace(std::span<const GemmSize> products, Device device);

// Device implementations.
template <Isa I>
void gemm(Cpu<I>, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
          double beta, const Tensor& c, const Tensor& workspace);
// For use inside other CPU kernels: one thread, the same bits as gemm. {In, T} = {float, float},
// {double, double} or {bf16, float}. scratch: gemm_scratch<T>(M, N, K) elements.
template <Isa I, class In, class T>
void gemm_serial(Cpu<I>, MatrixRef<const In> a, Transpose ta, MatrixRef<const In> b, Transpose tb,
                 T alpha, T beta, MatrixRef<T> c, T* scratch);
void gemm(Cuda, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
          double beta, const Tensor& c, const Tensor& workspace);

}  // namespace hone::kernels
