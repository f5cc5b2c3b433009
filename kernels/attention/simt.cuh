// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Attention in f32 and f64, and for head sizes that the tensor core kernels do not have: to check
// against, not to be fast. All three passes have one form: a warp owns some rows and meets the rows of
// the other side 32 at a time, one a lane:
//
//   forward   queries own, keys pass       o  += exp(S - m) V        (online softmax)
//   dq        queries own, keys pass       dq += dS K
//   dk, dv    keys own, queries pass       dk += dS^T Q, dv += P^T dO
#pragma once

#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/row_blocks.cuh"

namespace hone::kernels::attention_simt {

constexpr int kWarps = 4;
constexpr int kRowsPerWarp = 4;
constexpr int kRows = kWarps * kRowsPerWarp;  // of a block
constexpr int kMaxD = 256;
constexpr int kPerLane = kMaxD / kWarp;  // elements of a row that a lane sums

template <class T>
struct Operands {
  Heads<T> q, k, v;
  GroupBlocks blocks;  // of kRows rows
  int64_t H, group, D;
  acc_t<T> scale;
  int64_t window;
  // forward writes these, backward reads them
  T* o;
  acc_t<T>* lse;
  // backward
  const T* dout;
  acc_t<T>* delta;
  T *dq, *dk, *dv;

  __device__ bool sees(int64_t i, int64_t j) const {
    return window < 0 || (j <= i && (window == 0 || i - j < window));
  }
  // The first key that a block of queries sees, and the one after the last.
  __device__ int64_t first_key(const GroupBlock& block) const {
    return window < 0 ? block.first : block.first_tile(kWarp, window);
  }
  __device__ int64_t last_key(const GroupBlock& block) const {
    return window < 0 ? block.last : block.end;
  }
};

// Rows of a head, widened: [rows, D + 1], so that a column of them lies in different banks.
template <class T>
__device__ void load_rows(const T* head, int64_t stride, int64_t begin, int64_t end, int rows,
                          int64_t D, acc_t<T>* to) {
  for (int64_t i = threadIdx.x; i < rows * D; i += kWarps * kWarp) {
    const int64_t row = i / D, d = i % D;
    to[row * (D + 1) + d] =
        begin + row < end ? acc_t<T>(widen(head[(begin + row) * stride + d])) : acc_t<T>(0);
  }
}

template <class A>
__device__ A dot(const A* x, const A* y, int64_t D) {
  A sum = 0;
  for (int64_t d = 0; d < D; ++d) sum += x[d] * y[d];
  return sum;
}

// sum += weight_0 row_0 + weight_1 row_1 + ..., lane by lane: each lane has the weight of its row, and
// sums every 32nd element.
template <class A>
__device__ void add_rows(A weight, const A* rows, int64_t D, A (&sum)[kPerLane]) {
  const int lane = threadIdx.x % kWarp;
  for (int j = 0; j < kWarp; ++j) {
    const A w = __shfl_sync(~0u, weight, j);
#pragma unroll
    for (int i = 0; i < kPerLane; ++i)
      if (lane + i * kWarp < D) sum[i] += w * rows[j * (D + 1) + lane + i * kWarp];
  }
}

template <class T>
__device__ void store_row(const acc_t<T> (&sum)[kPerLane], acc_t<T> factor, int64_t D, T* to) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int i = 0; i < kPerLane; ++i)
    if (lane + i * kWarp < D) to[lane + i * kWarp] = narrow_to<T>(sum[i] * factor);
}

template <class A>
constexpr size_t shared_bytes(int64_t D) {
  return static_cast<size_t>((2 * kRows + 2 * kWarp) * (D + 1)) * sizeof(A);
}

template <class T>
__global__ void __launch_bounds__(kWarps* kWarp) forward_kernel(Operands<T> a) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const GroupBlock block = a.blocks.at(blockIdx.y);
  if (block.empty()) return;
  const int64_t h = blockIdx.x, D = a.D;
  A *const q = reinterpret_cast<A*>(shared), *const k = q + kRows * (D + 1),
           *const v = k + kWarp * (D + 1);
  const int lane = threadIdx.x % kWarp, first = threadIdx.x / kWarp * kRowsPerWarp;
  load_rows(a.q.at(0, h), a.q.row_stride, block.begin, block.end, kRows, D, q);
  A o[kRowsPerWarp][kPerLane] = {}, m[kRowsPerWarp], l[kRowsPerWarp] = {};
  for (A& x : m) x = -static_cast<A>(INFINITY);
  for (int64_t from = a.first_key(block); from < a.last_key(block); from += kWarp) {
    __syncthreads();  // the tile before is used up
    load_rows(a.k.at(0, h / a.group), a.k.row_stride, from, block.last, kWarp, D, k);
    load_rows(a.v.at(0, h / a.group), a.v.row_stride, from, block.last, kWarp, D, v);
    __syncthreads();  // the tile is there
#pragma unroll
    for (int r = 0; r < kRowsPerWarp; ++r) {
      const int64_t i = block.begin + first + r, j = from + lane;
      A s = dot(q + (first + r) * (D + 1), k + lane * (D + 1), D) * a.scale;
      if (j >= block.last || !a.sees(i, j)) s = -static_cast<A>(INFINITY);
      const A top = warp_max(s) > m[r] ? warp_max(s) : m[r];
      if (top == -static_cast<A>(INFINITY)) continue;  // nothing seen yet
      const A keep = exp(m[r] - top), p = exp(s - top);
      l[r] = l[r] * keep + warp_sum(p);
      m[r] = top;
#pragma unroll
      for (A& x : o[r]) x *= keep;
      add_rows(p, v, D, o[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < kRowsPerWarp; ++r) {
    const int64_t row = block.begin + first + r;
    if (row >= block.end) continue;
    store_row<T>(o[r], A(1) / l[r], D, a.o + (row * a.H + h) * D);
    if (lane == 0) a.lse[row * a.H + h] = m[r] + log(l[r]);
  }
}

// delta[n, h] = dout . o of that row: a warp each.
template <class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    delta_kernel(const T* dout, const T* o, int64_t rows, int64_t D, acc_t<T>* delta) {
  using A = acc_t<T>;
  const int64_t row = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (row >= rows) return;
  A sum = 0;
  for (int64_t d = threadIdx.x % kWarp; d < D; d += kWarp)
    sum += A(widen(dout[row * D + d])) * widen(o[row * D + d]);
  sum = warp_sum(sum);
  if (threadIdx.x % kWarp == 0) delta[row] = sum;
}

// P and dS of one (query, key) pair.
template <class A>
struct Pair {
  A p, ds;
};
template <class T>
__device__ Pair<acc_t<T>> pair_of(const Operands<T>& a, int64_t h, int64_t i, int64_t j, bool there,
                                  acc_t<T> score, acc_t<T> dp) {
  using A = acc_t<T>;
  if (!there || !a.sees(i, j)) return {A(0), A(0)};
  const A p = exp(score * a.scale - a.lse[i * a.H + h]);
  return {p, p * (dp - a.delta[i * a.H + h])};
}

template <class T>
__global__ void __launch_bounds__(kWarps* kWarp) dq_kernel(Operands<T> a) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const GroupBlock block = a.blocks.at(blockIdx.y);
  if (block.empty()) return;
  const int64_t h = blockIdx.x, D = a.D;
  A *const q = reinterpret_cast<A*>(shared), *const dout = q + kRows * (D + 1),
           *const k = dout + kRows * (D + 1), *const v = k + kWarp * (D + 1);
  const int lane = threadIdx.x % kWarp, first = threadIdx.x / kWarp * kRowsPerWarp;
  load_rows(a.q.at(0, h), a.q.row_stride, block.begin, block.end, kRows, D, q);
  load_rows(a.dout + h * D, a.H * D, block.begin, block.end, kRows, D, dout);
  A dq[kRowsPerWarp][kPerLane] = {};
  for (int64_t from = a.first_key(block); from < a.last_key(block); from += kWarp) {
    __syncthreads();  // the tile before is used up
    load_rows(a.k.at(0, h / a.group), a.k.row_stride, from, block.last, kWarp, D, k);
    load_rows(a.v.at(0, h / a.group), a.v.row_stride, from, block.last, kWarp, D, v);
    __syncthreads();  // the tile is there
#pragma unroll
    for (int r = 0; r < kRowsPerWarp; ++r) {
      const int64_t i = block.begin + first + r;
      const A *const q_i = q + (first + r) * (D + 1), *const do_i = dout + (first + r) * (D + 1);
      const auto pair = pair_of(a, h, i, from + lane, i < block.end && from + lane < block.last,
                                dot(q_i, k + lane * (D + 1), D), dot(do_i, v + lane * (D + 1), D));
      add_rows(pair.ds, k, D, dq[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < kRowsPerWarp; ++r) {
    const int64_t row = block.begin + first + r;
    if (row < block.end) store_row<T>(dq[r], a.scale, D, a.dq + (row * a.H + h) * D);
  }
}

// Grid: key heads x blocks of keys.
template <class T>
__global__ void __launch_bounds__(kWarps* kWarp) dk_dv_kernel(Operands<T> a) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const GroupBlock block = a.blocks.at(blockIdx.y);
  if (block.empty()) return;
  const int64_t D = a.D, hk = blockIdx.x;
  A *const k = reinterpret_cast<A*>(shared), *const v = k + kRows * (D + 1),
           *const q = v + kRows * (D + 1), *const dout = q + kWarp * (D + 1);
  const int lane = threadIdx.x % kWarp, first = threadIdx.x / kWarp * kRowsPerWarp;
  load_rows(a.k.at(0, hk), a.k.row_stride, block.begin, block.end, kRows, D, k);
  load_rows(a.v.at(0, hk), a.v.row_stride, block.begin, block.end, kRows, D, v);
  A dk[kRowsPerWarp][kPerLane] = {}, dv[kRowsPerWarp][kPerLane] = {};
  const int64_t reach = block.end - 1 + a.window;  // the row after the last that sees the block
  const int64_t last = a.window <= 0 || reach > block.last ? block.last : reach;
  for (int64_t h = hk * a.group; h < (hk + 1) * a.group; ++h)
    for (int64_t from = a.window < 0 ? block.first : block.begin; from < last; from += kWarp) {
      __syncthreads();  // the tile before is used up
      load_rows(a.q.at(0, h), a.q.row_stride, from, block.last, kWarp, D, q);
      load_rows(a.dout + h * D, a.H * D, from, block.last, kWarp, D, dout);
      __syncthreads();  // the tile is there
#pragma unroll
      for (int r = 0; r < kRowsPerWarp; ++r) {
        const int64_t i = from + lane, j = block.begin + first + r;
        const auto pair = pair_of(a, h, i, j, i < block.last && j < block.end,
                                  dot(k + (first + r) * (D + 1), q + lane * (D + 1), D),
                                  dot(v + (first + r) * (D + 1), dout + lane * (D + 1), D));
        add_rows(pair.ds, q, D, dk[r]);
        add_rows(pair.p, dout, D, dv[r]);
      }
    }
#pragma unroll
  for (int r = 0; r < kRowsPerWarp; ++r) {
    const int64_t row = block.begin + first + r, Hk = a.H / a.group;
    if (row >= block.end) continue;
    store_row<T>(dk[r], a.scale, D, a.dk + (row * Hk + hk) * D);
    store_row<T>(dv[r], A(1), D, a.dv + (row * Hk + hk) * D);
  }
}

}  // namespace hone::kernels::attention_simt
