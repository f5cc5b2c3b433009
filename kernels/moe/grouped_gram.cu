// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block of threads owns a tile of one expert's matrix and walks that expert's rows. On tensor cores
// (bf16, whole 16-byte pieces) 32 rows of U and V lie in shared memory at a time, three stages deep; U
// is read transposed from there. A narrow side (a LoRA rank) is padded to 16.
#include "kernels/core/cuda/async_copy.cuh"
#include "kernels/core/cuda/mma.cuh"
#include "kernels/moe/grouped.cuh"
#include "kernels/moe/grouped_gram.h"

namespace hone::kernels {
namespace {

template <class T>
struct Operands {
  const T *u, *v;
  GroupedRows u_rows, v_rows;
  const int32_t* offsets;
  int64_t M, N;
  acc_t<T> alpha;
  acc_t<T>* g;
  bool accumulate;

  __device__ void write(int64_t e, int64_t m, int64_t n, acc_t<T> sum) const {
    if (m >= M || n >= N) return;
    acc_t<T>* const to = g + (e * M + m) * N + n;
    *to = accumulate ? *to + alpha * sum : alpha * sum;
  }
};

// Plain arithmetic: 16 x 16 threads, an element each; 32 rows of the expert at a time.
constexpr int kSide = 16;
constexpr int kSimtRows = 32;

template <class T>
__global__ void __launch_bounds__(kSide* kSide) simt_kernel(Operands<T> o) {
  using A = acc_t<T>;
  __shared__ A u[kSimtRows][kSide], v[kSimtRows][kSide];
  const int64_t e = blockIdx.z, m0 = int64_t{blockIdx.y} * kSide, n0 = int64_t{blockIdx.x} * kSide;
  A sum = 0;
  for (int64_t from = o.offsets[e]; from < o.offsets[e + 1]; from += kSimtRows) {
    __syncthreads();  // the rows before are used up
    for (int r = threadIdx.y; r < kSimtRows; r += kSide) {
      const int64_t p = from + r, i = threadIdx.x;
      const bool there = p < o.offsets[e + 1];
      u[r][i] = there && m0 + i < o.M ? A(widen(o.u[o.u_rows.at(p) * o.M + m0 + i])) : A(0);
      v[r][i] = there && n0 + i < o.N ? A(widen(o.v[o.v_rows.at(p) * o.N + n0 + i])) : A(0);
    }
    __syncthreads();  // the rows are there
    for (int r = 0; r < kSimtRows; ++r) sum += u[r][threadIdx.y] * v[r][threadIdx.x];
  }
  o.write(e, m0 + threadIdx.y, n0 + threadIdx.x, sum);
}

constexpr int kThreads = 256;
constexpr int kRows = 32;  // of the expert at a time
constexpr int kStages = 3;

// kM x kN elements by 8 warps, kDown of them above each other.
template <int kM, int kN, int kDown>
struct Tile {
  static constexpr int kAcross = 8 / kDown;
  static constexpr int kWarpM = kM / kDown, kWarpN = kN / kAcross;
  static constexpr size_t kStageBytes = SharedTile<kM>::bytes(kRows) + SharedTile<kN>::bytes(kRows);
  static_assert(kWarpM % 16 == 0 && kWarpN % 16 == 0);
};

template <int kColumns>
__device__ void copy_rows(const bf16* x, const GroupedRows& rows, int64_t width, int64_t column,
                          int64_t from, int64_t end, unsigned char* to) {
  const SharedTile<kColumns> tile(to);
  constexpr int kPieces = kColumns / 8;
  for (int i = threadIdx.x; i < kRows * kPieces; i += kThreads) {
    const int row = i / kPieces, piece = i % kPieces;
    const bool there = from + row < end && column + piece * 8 < width;
    const int64_t at = there ? rows.at(from + row) * width + column + piece * 8 : 0;
    copy_async_16(tile.piece(row, piece), x + at, there);
  }
}

template <int kM, int kN, int kDown>
__global__ void __launch_bounds__(kThreads) mma_kernel(Operands<bf16> o) {
  using Shape = Tile<kM, kN, kDown>;
  extern __shared__ __align__(128) unsigned char shared[];
  const int64_t e = blockIdx.z, m0 = int64_t{blockIdx.y} * kM, n0 = int64_t{blockIdx.x} * kN;
  const int64_t begin = o.offsets[e], end = o.offsets[e + 1],
                tiles = (end - begin + kRows - 1) / kRows;
  const auto stage = [&](int64_t i) { return shared + i % kStages * Shape::kStageBytes; };
  const auto copy = [&](int64_t i) {
    copy_rows<kM>(o.u, o.u_rows, o.M, m0, begin + i * kRows, end, stage(i));
    copy_rows<kN>(o.v, o.v_rows, o.N, n0, begin + i * kRows, end,
                  stage(i) + SharedTile<kM>::bytes(kRows));
  };
  for (int64_t i = 0; i < kStages - 1; ++i) {
    if (i < tiles) copy(i);
    commit_copies();
  }
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int m = warp / Shape::kAcross * Shape::kWarpM, n = warp % Shape::kAcross * Shape::kWarpN;
  FragmentC sum[Shape::kWarpM / 16][Shape::kWarpN / 8] = {};
  for (int64_t i = 0; i < tiles; ++i) {
    wait_for_copies<kStages - 2>();
    __syncthreads();  // tile i is there, and everybody is done with tile i - 1
    if (i + kStages - 1 < tiles) copy(i + kStages - 1);
    commit_copies();
    const SharedTile<kM> u(stage(i));
    const SharedTile<kN> v(stage(i) + SharedTile<kM>::bytes(kRows));
#pragma unroll
    for (int k = 0; k < kRows; k += 16) {
      FragmentB columns[Shape::kWarpN / 8];
#pragma unroll
      for (int j = 0; j < Shape::kWarpN / 8; j += 2)
        v.b_pair_transposed(k, n / 8 + j, columns[j], columns[j + 1]);
#pragma unroll
      for (int r = 0; r < Shape::kWarpM / 16; ++r) {
        const FragmentA rows = u.a_transposed(k, (m + 16 * r) / 8);
#pragma unroll
        for (int j = 0; j < Shape::kWarpN / 8; ++j) mma(sum[r][j], rows, columns[j]);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < Shape::kWarpM / 16; ++r)
#pragma unroll
    for (int j = 0; j < Shape::kWarpN / 8; ++j)
#pragma unroll
      for (int x = 0; x < 4; ++x)
        o.write(e, m0 + m + 16 * r + lane / 4 + x / 2 * 8, n0 + n + 8 * j + lane % 4 * 2 + x % 2,
                sum[r][j].x[x]);
}

template <int kM, int kN, int kDown>
void launch_mma(Cuda device, const Operands<bf16>& o, int64_t experts) {
  const dim3 grid(grid_size(ceil_div(o.N, kN)), grid_size(ceil_div(o.M, kM)), grid_size(experts));
  launch(device, mma_kernel<kM, kN, kDown>, grid, kThreads,
         kStages * Tile<kM, kN, kDown>::kStageBytes, o);
}

}  // namespace

void grouped_gram(Cuda device, const Tensor& u, RowsBy u_by, const Tensor& v, RowsBy v_by,
                  double alpha, const ExpertOrder& order, const GradTarget& g, const Tensor&) {
  visit_float(u.dtype(), [&]<class T>() {
    const Operands<T> o = {.u = u.data<T>(),
                           .v = v.data<T>(),
                           .u_rows = GroupedRows(u, u_by, order),
                           .v_rows = GroupedRows(v, v_by, order),
                           .offsets = order.offsets.data<int32_t>(),
                           .M = u.dim(1),
                           .N = v.dim(1),
                           .alpha = static_cast<acc_t<T>>(alpha),
                           .g = g.tensor.data<acc_t<T>>(),
                           .accumulate = g.accumulate};
    const int64_t experts = order.offsets.numel() - 1;
    if constexpr (std::is_same_v<T, bf16>) {
      if (o.M % 8 == 0 && o.N % 8 == 0 && are_vectors(8, 8, {u, v})) {
        if (o.M <= 16) return launch_mma<16, 256, 1>(device, o, experts);
        if (o.N <= 16) return launch_mma<256, 16, 8>(device, o, experts);
        return launch_mma<128, 128, 2>(device, o, experts);
      }
    }
    const dim3 grid(grid_size(ceil_div(o.N, kSide)), grid_size(ceil_div(o.M, kSide)),
                    grid_size(experts));
    launch(device, simt_kernel<T>, grid, dim3(kSide, kSide), 0, o);
  });
}

}  // namespace hone::kernels
