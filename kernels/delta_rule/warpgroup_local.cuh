// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What needs no state, on warpgroup products: chunk_local.cuh's U and W, and P, which the kernels that walk
// the chunks would have to compute for each of their blocks.
//
//   A = StrictLower(diag(beta) (K K^T) * Gamma)      Tm = (I + A)^-1
//   U = Tm diag(beta) V                              W  = Tm diag(beta e^gamma) K
//   P = Lower((Q K^T) * Gamma)
//
//   A block of one warpgroup has a chunk of one value head; four share a multiprocessor, so that one's
//   inverse runs beside another's copies.
#pragma once

#include "kernels/delta_rule/chunk_local.cuh"
#include "kernels/delta_rule/warpgroup_tiles.cuh"

namespace hone::kernels::delta {

struct WarpgroupLocalShared {
  static constexpr size_t kNumbers = 2 * WideTile::kBytes;
  static constexpr size_t kBytes = kNumbers + sizeof(LocalNumbers) + kTileAlignment;
  static_assert(sizeof(float) * kChunk * kSquareRow >= 2 * SquareTile::kBytes);

  unsigned char* base;
  __device__ WideTile K() const { return WideTile(base); }  // then W
  __device__ WideTile Q() const { return WideTile(base + WideTile::kBytes); }
  __device__ WideTile V() const { return Q(); }  // then U
  __device__ LocalNumbers& numbers() const {
    return *reinterpret_cast<LocalNumbers*>(base + kNumbers);
  }
  // In the place of the f32 square.
  __device__ SquareTile P() const { return SquareTile(numbers().square); }
  __device__ SquareTile Tm() const {
    return SquareTile(numbers().square + SquareTile::kBytes / sizeof(float));
  }
};

// From K K^T and Q K^T of the warpgroup: A to the square, P rounded.
__device__ inline void decay_scores(const FragmentC (&kk)[8], const FragmentC (&qk)[8],
                                    float query_scale, LocalNumbers& m, FragmentA (&p)[4]) {
#pragma unroll
  for (int j = 0; j < 8; ++j)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int i = 16 * group_warp() + lane_group() + 8 * half, c = 8 * j + 2 * lane_pair();
      float a[2], scores[2];
#pragma unroll
      for (int x = 0; x < 2; ++x) {
        const float decay = masked_decay(m.gamma, i, c + x, c + x <= i);
        a[x] = c + x < i ? m.beta[i] * kk[j].x[2 * half + x] * decay : 0.f;
        scores[x] = qk[j].x[2 * half + x] * query_scale * decay;
      }
      *reinterpret_cast<float2*>(m.square + i * kSquareRow + c) = {a[0], a[1]};
      p[j / 2].x[j % 2 * 2 + half] = pack_bf16(scores[0], scores[1]);
    }
}

// Tm of the warp's rows, rounded: plain, with column j times beta_j, and times write_j = beta_j e^gamma_j.
__device__ inline void scaled_inverses(const LocalNumbers& m, const float* write,
                                       FragmentA (&plain)[4], FragmentA (&u)[4],
                                       FragmentA (&w)[4]) {
#pragma unroll
  for (int k = 0; k < 4; ++k)
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      const int i = 16 * group_warp() + lane_group() + x % 2 * 8;
      const int c = 16 * k + x / 2 * 8 + 2 * lane_pair();
      const float2 t = *reinterpret_cast<const float2*>(m.square + i * kSquareRow + c);
      plain[k].x[x] = pack_bf16(t.x, t.y);
      u[k].x[x] = pack_bf16(t.x * m.beta[c], t.y * m.beta[c + 1]);
      w[k].x[x] = pack_bf16(t.x * write[c], t.y * write[c + 1]);
    }
}

// The tile `rows` becomes weights rows. To be called by the whole block.
__device__ inline void weigh_rows(FragmentA (&weights)[4], const WideTile& rows) {
  FragmentC sum[2][8] = {};
  begin_products(weights, sum);
#pragma unroll
  for (int panel = 0; panel < 2; ++panel)
    queue_down<kChunk>(sum[panel], weights, rows, panel * kHalf);
  commit_products();
  finish_products(sum);
  __syncthreads();  // all warps' products have read the tile
#pragma unroll
  for (int panel = 0; panel < 2; ++panel) store_sum(rows, panel * 8, sum[panel]);
}

// Grid: value heads x chunks.
__global__ void __launch_bounds__(kGroup, 4) warpgroup_local_kernel(Operands o) {
  extern __shared__ __align__(128) unsigned char shared[];
  const GroupBlock chunk = o.chunks.at(blockIdx.y);
  if (chunk.empty()) return;
  const WarpgroupLocalShared s{aligned_tiles(shared)};
  auto& m = s.numbers();
  const int64_t h = blockIdx.x, rows = chunk.end - chunk.begin, tile = blockIdx.y * o.Hv + h;
  const int thread = threadIdx.x;
  copy_rows<kGroup>(s.K(), o.k.at(chunk.begin, h / o.G), o.k.row_stride, rows, thread);
  copy_rows<kGroup>(s.Q(), o.q.at(chunk.begin, h / o.G), o.q.row_stride, rows, thread);
  commit_copies();
  load_gates(o, chunk, h, m);
  float* const write = m.g;  // the decays are summed up: their place is free
  if (thread < kChunk) {
    const float gamma = m.gamma[thread], decay = __expf(gamma);
    auto& gates = reinterpret_cast<Gates*>(o.gamma)[tile];
    gates.gamma[thread] = gamma;
    gates.decay[thread] = decay;
    gates.to_end[thread] = __expf(m.gamma[kChunk - 1] - gamma);
    gates.beta[thread] = m.beta[thread];
    write[thread] = m.beta[thread] * decay;
  }
  wait_for_copies<0>();
  fence_shared();
  __syncthreads();  // Q and K are there
  FragmentA p[4];
  {
    FragmentC kk[8] = {}, qk[8] = {};
    begin_products(kk, qk);
    queue_along<kWide>(kk, s.K(), s.K());
    queue_along<kWide>(qk, s.Q(), s.K());
    commit_products();
    finish_products(kk, qk);
    __syncthreads();  // all warps' products have read Q
    copy_rows<kGroup>(s.V(), o.v.at(chunk.begin, h), o.v.row_stride, rows, thread);
    commit_copies();
    decay_scores(kk, qk, o.query_scale, m, p);
  }
  __syncthreads();  // A is complete
  invert<kGroup>(m.square);
  FragmentA plain[4], u[4], w[4];
  scaled_inverses(m, write, plain, u, w);
  wait_for_copies<0>();
  fence_shared();
  __syncthreads();  // V is there, and the square is used up
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    store_fragment(s.P(), 16 * group_warp(), 2 * k, p[k]);
    if (o.Tm) store_fragment(s.Tm(), 16 * group_warp(), 2 * k, plain[k]);
  }
  weigh_rows(u, s.V());
  weigh_rows(w, s.K());
  __syncthreads();  // the tiles are there
  write_as_is<WideTile::kBytes, kGroup>(o.U + tile * kWideElements, s.V().base, thread);
  write_as_is<WideTile::kBytes, kGroup>(o.W + tile * kWideElements, s.K().base, thread);
  write_as_is<SquareTile::kBytes, kGroup>(o.P + tile * kSquareElements, s.P().base, thread);
  if (o.Tm)
    write_as_is<SquareTile::kBytes, kGroup>(o.Tm + tile * kSquareElements, s.Tm().base, thread);
}

}  // namespace hone::kernels::delta
