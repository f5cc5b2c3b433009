// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Backward of a chunk, given the state S before it, the gradient dS of the one after it, V' and dV'; all
// chunks at once. With Q scaled as in delta_rule.h and Ks = diag(e^(gamma_n - gamma)):
//
//   dP = Lower(dO V'^T)                 dQ  = diag(e^gamma) dO S^T + (dP * Gamma) K
//   dK = (dP * Gamma)^T Q + Ks V' dS^T + diag(beta e^gamma) dRw + diag(beta) X K + X^T diag(beta) K
//   dW = -dV' S^T      dRu = Tm^T dV'      dRw = Tm^T dW
//   dA = -StrictLower(dRu U^T + dRw W^T)   X = dA * Gamma      dV = diag(beta) dRu
//   dbeta_i = dRu_i . V_i + e^gamma_i dRw_i . K_i + (X K)_i . K_i
//   dgamma_i = e^gamma_i ((dO S^T)_i . Q_i + beta_i dRw_i . K_i)      c_i = (Ks V' dS^T)_i . K_i
//   dg_j = sum_{i >= j} dgamma_i + sum_{i >= j > m} (dP * P + dA * A)_im + e^gamma_n <dS, S> + sum_{i < j} c_i
//
//   A block has a chunk of one key head and takes its value heads in order, so dQ and dK are summed in
//   registers. Warp (i, j), i < 4, j < 2, has rows 16 i .. and half j of the columns, in every product.
#pragma once

#include "kernels/core/cuda/reduce.cuh"
#include "kernels/delta_rule/state_backward.cuh"

namespace hone::kernels::delta {

// Buffers change hands once what they held is used up: S, dS -> U, W, V; dO -> dW; V' -> dRw.
template <int kDk, int kDv>
struct GradientShared {
  static_assert(kDk == kDv);
  using Wide = SharedTile<kDk>;
  using Square = SharedTile<kChunk>;
  static constexpr size_t kRows = Wide::bytes(kChunk), kState = Wide::bytes(kDk);
  // U, W and V take the place of S and dS: 3 kRows must fit in it.
  static constexpr size_t kStates = 2 * kState > 3 * kRows ? 2 * kState : 3 * kRows;
  static constexpr size_t kSquares = 5 * kRows + kStates;
  static constexpr size_t kNumbers = kSquares + 2 * Square::bytes(kChunk);

  struct Numbers {
    float gamma[kChunk], beta[kChunk];
    float dot[5][2][kChunk];  // row sums by halves of the columns
    float E[kChunk * kPadded];
  };
  static constexpr size_t kBytes = kNumbers + sizeof(Numbers);

  unsigned char* base;
  __device__ Wide rows(int i) const { return Wide(base + i * kRows); }
  __device__ Wide Q() const { return rows(0); }
  __device__ Wide K() const { return rows(1); }
  __device__ Wide dVn() const { return rows(2); }
  __device__ Wide dO() const { return rows(3); }  // then dW
  __device__ Wide Vn() const { return rows(4); }  // then dRw
  __device__ Wide S() const { return Wide(base + 5 * kRows); }
  __device__ Wide dS() const { return Wide(base + 5 * kRows + kState); }
  __device__ Wide U() const { return rows(5); }
  __device__ Wide W() const { return rows(6); }
  __device__ Wide V() const { return rows(7); }
  __device__ Square T() const { return Square(base + kSquares); }
  __device__ Square square() const { return Square(base + kSquares + Square::bytes(kChunk)); }
  __device__ Numbers& numbers() const { return *reinterpret_cast<Numbers*>(base + kNumbers); }
};

// The warp's part of a [64, D] matrix and of a [64, 64] one.
template <int kD>
using RowPart = FragmentC[kD / 16];
using SquarePart = FragmentC[4];

__device__ inline int warp_row() { return static_cast<int>(threadIdx.x) / 32 % 4 * 16; }
__device__ inline int warp_half() { return static_cast<int>(threadIdx.x) / 32 / 4; }

// f(i, c, value) for every element of the warp's part of a square; value may be changed.
template <class F>
__device__ void each_of_square(SquarePart& s, F f) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int j = 0; j < 4; ++j)
#pragma unroll
    for (int x = 0; x < 4; ++x)
      f(warp_row() + lane / 4 + x / 2 * 8, warp_half() * 32 + 8 * j + lane % 4 * 2 + x % 2,
        s[j].x[x]);
}

__device__ inline void store_square(const SquarePart& s, const SharedTile<kChunk>& tile) {
#pragma unroll
  for (int j = 0; j < 4; ++j)
    for_pairs(s[j], warp_row(), warp_half() * 32 + 8 * j,
              [&](int i, int c, float low, float high) { store_pair(tile, i, c, low, high); });
}

template <int kD>
__device__ void store_rows(const RowPart<kD>& part, const SharedTile<kD>& tile) {
#pragma unroll
  for (int j = 0; j < kD / 16; ++j)
    for_pairs(part[j], warp_row(), warp_half() * (kD / 2) + 8 * j,
              [&](int i, int c, float low, float high) { store_pair(tile, i, c, low, high); });
}

// to += factor(row) * from.
template <int kD, class F>
__device__ void add_scaled(RowPart<kD>& to, const RowPart<kD>& from, F factor) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float f = factor(warp_row() + lane / 4 + 8 * half);
#pragma unroll
    for (int j = 0; j < kD / 16; ++j) {
      to[j].x[2 * half] += f * from[j].x[2 * half];
      to[j].x[2 * half + 1] += f * from[j].x[2 * half + 1];
    }
  }
}

// dots[half][i] = the warp's half of (row i of part) . (row i of tile).
template <int kD>
__device__ void row_dots(const RowPart<kD>& part, const SharedTile<kD>& tile,
                         float (*dots)[kChunk]) {
  float sum[2] = {};
#pragma unroll
  for (int j = 0; j < kD / 16; ++j) {
    int half = 0;
    for_pairs(part[j], warp_row(), warp_half() * (kD / 2) + 8 * j,
              [&](int i, int c, float low, float high) {
                const uint32_t other = load_pair(tile, i, c);
                sum[half] += low * low_bf16(other) + high * high_bf16(other);
                ++half;
              });
  }
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float s = sum[half];
    s += __shfl_xor_sync(~0u, s, 1);
    s += __shfl_xor_sync(~0u, s, 2);
    if (lane % 4 == 0) dots[warp_half()][warp_row() + lane / 4 + 8 * half] = s;
  }
}

// <dS, S>, in every thread.
template <int kDk, int kDv>
__device__ float state_product(const GradientShared<kDk, kDv>& m) {
  float sum = 0;
  for (int i = threadIdx.x; i < kDk * kDv / 2; i += kThreads) {
    const int r = i / (kDv / 2), c = i % (kDv / 2) * 2;
    const uint32_t a = load_pair(m.S(), r, c), b = load_pair(m.dS(), r, c);
    sum += low_bf16(a) * low_bf16(b) + high_bf16(a) * high_bf16(b);
  }
  return block_sum(sum);
}

// Through the output and the state: dQ, the first two terms of dK, dW (in dO's place), dots 0 and 1, E and
// the returned e^gamma_n <dS, S>.
template <int kDk, int kDv>
__device__ float through_output(const BackwardOperands& a, const GradientShared<kDk, kDv>& m,
                                RowPart<kDk>& dQ, RowPart<kDk>& dK) {
  auto& n = m.numbers();
  const int row = warp_row(), first = warp_half() * (kDk / 2);
  const float last = n.gamma[kChunk - 1];
  {
    SquarePart dP = {}, P = {};
    add_rows_by_columns<kDv>(m.dO(), row, m.Vn(), warp_half() * 32, dP);
    scores_of(a, m.Q(), m.K(), n.gamma, P);
#pragma unroll
    for (int j = 0; j < 4; ++j)
#pragma unroll
      for (int x = 0; x < 4; ++x) P[j].x[x] *= dP[j].x[x];  // dP * P
    each_of_square(P, [&](int i, int c, float& e) { n.E[i * kPadded + c] = e; });
    each_of_square(dP, [&](int i, int c, float& d) {
      d = c <= i ? d * a.query_scale * __expf(n.gamma[i] - n.gamma[c]) : 0.f;
    });
    store_square(dP, m.square());
  }
  {
    RowPart<kDk> part = {};
    add_rows_by_columns<kDv>(m.dO(), row, m.S(), first, part);  // dO S^T
    row_dots<kDk>(part, m.Q(), n.dot[0]);
    add_scaled<kDk>(dQ, part, [&](int i) { return a.query_scale * __expf(n.gamma[i]); });
  }
  {
    RowPart<kDk> part = {};
    add_rows_by_columns<kDv>(m.Vn(), row, m.dS(), first, part);  // V' dS^T
    row_dots<kDk>(part, m.K(), n.dot[1]);
    add_scaled<kDk>(dK, part, [&](int i) { return __expf(last - n.gamma[i]); });
  }
  RowPart<kDk> dW = {};
  add_rows_by_columns<kDv>(m.dVn(), row, m.S(), first, dW);  // -dW
  const float kept = __expf(last) * state_product(m);
  __syncthreads();  // dP * Gamma is there; dO, V', S and dS are used up
#pragma unroll
  for (FragmentC& f : dW)
#pragma unroll
    for (float& x : f.x) x = -x;
  store_rows<kDk>(dW, m.dO());
  add_rows_by_rows<kChunk>(m.square(), row, m.K(), first, dQ);
  add_columns_by_rows<kChunk>(m.square(), row, m.Q(), first, dK);
  return kept;
}

// Through U and W: dV, the other terms of dK, dots 2, 3 and 4, and E. U, W, V, T and dW are there.
template <int kDk, int kDv>
__device__ void through_local(const BackwardOperands& a, const GradientShared<kDk, kDv>& m,
                              const GroupBlock& chunk, int64_t h, RowPart<kDk>& dK) {
  auto& n = m.numbers();
  const int row = warp_row(), first = warp_half() * (kDk / 2), half = warp_half();
  // dRw to V' 's place, dRu to dV' 's: read by all warps.
  {
    RowPart<kDk> dRw = {};
    add_columns_by_rows<kChunk>(m.T(), row, m.dO(), first, dRw);  // dW lies there
    row_dots<kDk>(dRw, m.K(), n.dot[2]);
    add_scaled<kDk>(dK, dRw, [&](int i) { return n.beta[i] * __expf(n.gamma[i]); });
    store_rows<kDk>(dRw, m.Vn());
  }
  RowPart<kDv> dRu = {};
  add_columns_by_rows<kChunk>(m.T(), row, m.dVn(), half * (kDv / 2), dRu);
  row_dots<kDv>(dRu, m.V(), n.dot[3]);
  const int64_t rows = chunk.end - chunk.begin;
#pragma unroll
  for (int j = 0; j < kDv / 16; ++j)
    for_pairs(dRu[j], row, half * (kDv / 2) + 8 * j, [&](int i, int c, float low, float high) {
      if (i < rows)
        *reinterpret_cast<uint32_t*>(a.dv + a.row(chunk.begin + i, h) * kDv + c) =
            pack_bf16(n.beta[i] * low, n.beta[i] * high);
    });
  __syncthreads();  // everybody is done with dV'
  store_rows<kDv>(dRu, m.dVn());
  __syncthreads();  // dRu and dRw are there
  {
    SquarePart dA = {}, A = {};
    add_rows_by_columns<kDv>(m.dVn(), row, m.U(), half * 32, dA);
    add_rows_by_columns<kDk>(m.Vn(), row, m.W(), half * 32, dA);
    add_rows_by_columns<kDk>(m.K(), row, m.K(), half * 32, A);
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int j = 0; j < 4; ++j)
#pragma unroll
      for (int x = 0; x < 4; ++x) {
        const int i = row + lane / 4 + x / 2 * 8, c = half * 32 + 8 * j + lane % 4 * 2 + x % 2;
        const float decay = c < i ? __expf(n.gamma[i] - n.gamma[c]) : 0.f;
        const float X = -dA[j].x[x] * decay;
        n.E[i * kPadded + c] += X * n.beta[i] * A[j].x[x];  // dA * A
        dA[j].x[x] = X;
      }
    store_square(dA, m.square());
    // The transposed product wants diag(beta) X: T is used up.
    each_of_square(dA, [&](int i, int, float& x) { x *= n.beta[i]; });
    store_square(dA, m.T());
  }
  __syncthreads();  // X and diag(beta) X are there
  RowPart<kDk> XK = {};
  add_rows_by_rows<kChunk>(m.square(), row, m.K(), first, XK);
  row_dots<kDk>(XK, m.K(), n.dot[4]);
  add_scaled<kDk>(dK, XK, [&](int i) { return n.beta[i]; });
  add_columns_by_rows<kChunk>(m.T(), row, m.K(), first, dK);
  __syncthreads();  // all dots and E are there
}

// dbeta and dg of the chunk.
template <int kDk, int kDv>
__device__ void write_gate_gradients(const BackwardOperands& a, const GradientShared<kDk, kDv>& m,
                                     const GroupBlock& chunk, int64_t h, float kept) {
  auto& n = m.numbers();
  const auto dot = [&](int which, int i) { return n.dot[which][0][i] + n.dot[which][1][i]; };
  const int i = threadIdx.x;
  if (i < kChunk) {  // row i of E becomes the sums of what lies left of each element
    float sum = 0;
    for (int c = 0; c < kChunk; ++c) {
      const float e = n.E[i * kPadded + c];
      n.E[i * kPadded + c] = sum;
      sum += e;
    }
  }
  __syncthreads();  // the sums are there
  if (i >= chunk.end - chunk.begin) return;
  const float last = n.gamma[kChunk - 1];
  float dg = kept;
  for (int r = i; r < kChunk; ++r) {
    const float through_gamma =
        __expf(n.gamma[r]) * (a.query_scale * dot(0, r) + n.beta[r] * dot(2, r));
    dg += through_gamma + n.E[r * kPadded + i];
  }
  for (int r = 0; r < i; ++r) dg += __expf(last - n.gamma[r]) * dot(1, r);
  const int64_t at = a.row(chunk.begin + i, h);
  a.dg[at] = dg;
  a.dbeta[at] = dot(3, i) + __expf(n.gamma[i]) * dot(2, i) + dot(4, i);
}

// Grid: key heads x chunks.
template <int kDk, int kDv>
__global__ void __launch_bounds__(kThreads) chunk_gradients_kernel(BackwardOperands a) {
  extern __shared__ __align__(128) unsigned char shared[];
  const GroupBlock chunk = a.chunks.at(blockIdx.y);
  if (chunk.empty()) return;
  const GradientShared<kDk, kDv> m{shared};
  const int64_t hk = blockIdx.x, t = chunk.begin, rows = chunk.end - chunk.begin, Hk = a.Hv / a.G;
  copy_tile<kChunk>(m.Q(), a.q.at(t, hk), a.q.row_stride, rows);
  copy_tile<kChunk>(m.K(), a.k.at(t, hk), a.k.row_stride, rows);
  RowPart<kDk> dQ = {}, dK = {};
  for (int64_t h = hk * a.G; h < (hk + 1) * a.G; ++h) {
    const int64_t state = (blockIdx.y * a.Hv + h) * kDk * kDv;
    const auto value_rows = [&](const bf16* x) { return x + a.row(t, h) * kDv; };
    copy_tile<kChunk>(m.dO(), value_rows(a.grad_o), a.Hv * kDv, rows);
    copy_tile<kChunk>(m.Vn(), value_rows(a.Vn), a.Hv * kDv, rows);
    copy_tile<kChunk>(m.dVn(), value_rows(a.dVn), a.Hv * kDv, rows);
    copy_tile<kDk>(m.S(), a.states + state, kDv, kDk);
    copy_tile<kDk>(m.dS(), a.dstates + state, kDv, kDk);
    copy_tile<kChunk>(m.T(), a.Tm + a.row(t, h) * kChunk, a.Hv * kChunk, rows);
    commit_copies();
    load_gamma(a, chunk, h, m.numbers().gamma);
    if (threadIdx.x < kChunk)
      m.numbers().beta[threadIdx.x] = threadIdx.x < rows ? a.beta[a.row(t + threadIdx.x, h)] : 0.f;
    wait_for_copies<0>();
    __syncthreads();  // the first operands are there
    const float kept = through_output(a, m, dQ, dK);
    copy_tile<kChunk>(m.U(), value_rows(a.U), a.Hv * kDv, rows);
    copy_tile<kChunk>(m.W(), a.W + a.row(t, h) * kDk, a.Hv * kDk, rows);
    copy_tile<kChunk>(m.V(), a.v.at(t, h), a.v.row_stride, rows);
    commit_copies();
    wait_for_copies<0>();
    __syncthreads();  // U, W, V and dW are there
    through_local(a, m, chunk, h, dK);
    write_gate_gradients(a, m, chunk, h, kept);
    __syncthreads();  // the next value head may have the buffers
  }
#pragma unroll
  for (int j = 0; j < kDk / 16; ++j) {
    const auto write = [&](bf16* to) {
      return [&, to](int i, int c, float low, float high) {
        if (i < rows)
          *reinterpret_cast<uint32_t*>(to + ((t + i) * Hk + hk) * kDk + c) = pack_bf16(low, high);
      };
    };
    for_pairs(dQ[j], warp_row(), warp_half() * (kDk / 2) + 8 * j, write(a.dq));
    for_pairs(dK[j], warp_row(), warp_half() * (kDk / 2) + 8 * j, write(a.dk));
  }
}

}  // namespace hone::kernels::delta
