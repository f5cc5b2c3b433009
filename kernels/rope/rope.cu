// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/rope/rope.h"

namespace hone::kernels {
namespace {

// Frequencies and sections are a few numbers of the host: they travel with the launch.
constexpr int kMaxFrequencies = 256;
struct Frequencies {
  double inv_freq[kMaxFrequencies];
  int64_t section[3];
  bool three_axes;

  // 0 time, 1 height, 2 width.
  __device__ int64_t axis_of(int64_t j) const {
    const int64_t turn = j % 3;
    return three_axes && turn != 0 && j < 3 * section[turn] ? turn : 0;
  }
};

template <class T>
__global__ void __launch_bounds__(kForEachThreads)
    table_kernel(const int32_t* position, Frequencies f, int64_t N, int64_t half, acc_t<T>* cosines,
                 acc_t<T>* sines) {
  using A = acc_t<T>;
  const int64_t i = int64_t{blockIdx.x} * kForEachThreads + threadIdx.x;
  if (i >= N * half) return;
  const int64_t n = i / half, j = i - n * half;
  const A angle = A(position[f.axis_of(j) * N + n]) * A(f.inv_freq[j]);
  cosines[i] = rounded<T>(cos(angle));
  sines[i] = rounded<T>(sin(angle));
}

}  // namespace

void rotary_table(Cuda device, const Tensor& positions, std::span<const double> inv_freq,
                  std::span<const int64_t> mrope_section, DType model_dtype,
                  const RotaryTable& table) {
  check(inv_freq.size() <= kMaxFrequencies, "rotary_table: ", inv_freq.size(),
        " frequencies; CUDA takes ", kMaxFrequencies);
  Frequencies f = {};
  std::copy(inv_freq.begin(), inv_freq.end(), f.inv_freq);
  std::copy(mrope_section.begin(), mrope_section.end(), f.section);
  f.three_axes = positions.rank() == 2;
  visit_float(model_dtype, [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = table.cos.dim(0), half = table.cos.dim(1);
    launch(device, table_kernel<T>, grid_size(ceil_div(N * half, kForEachThreads)), kForEachThreads,
           0, positions.data<int32_t>(), f, N, half, table.cos.data<A>(), table.sin.data<A>());
  });
}

}  // namespace hone::kernels
