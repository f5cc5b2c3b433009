// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/cuda/for_each.cuh"
#include "kernels/dropout/dropout.h"

namespace hone::kernels {
namespace {

// RandomStream::uniform in device code: the numbers come four to a Philox block, and u >= p is a
// comparison of integers.
template <class T>
struct Dropout {
  const T* x;
  const int64_t* seed_and_pass;
  uint64_t path;
  uint32_t least_kept;  // of u * 2^24
  acc_t<T> scale;
  T* y;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    const uint64_t key = static_cast<uint64_t>(seed_and_pass[0]) * 0x9E3779B97F4A7C15ull ^ path;
    const auto pass = static_cast<uint64_t>(seed_and_pass[1]);
    const Vec<T, W> from = load<W>(x + i);
    Vec<T, W> to;
    std::array<uint32_t, 4> bits = {};
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const auto at = static_cast<uint64_t>(i + k);
      if (k % 4 == 0)
        bits = philox({static_cast<uint32_t>(at / 4), static_cast<uint32_t>(at / 4 >> 32),
                       static_cast<uint32_t>(pass), static_cast<uint32_t>(pass >> 32)},
                      key);
      // i is a multiple of W, so where W is, k is the place in the block.
      const uint32_t random = bits[W % 4 == 0 ? k % 4 : at % 4];
      to[k] = random >> 8 >= least_kept ? narrow_to<T>(widen(from[k]) * scale)
                                        : narrow_to<T>(acc_t<T>(0));
    }
    store(y + i, to);
  }
};

}  // namespace

void dropout(Cuda device, const Tensor& x, double p, const DropoutStream& stream, const Tensor& y) {
  visit_float(x.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({x, y}, kLanes<T>, true),
                               Dropout<T>{x.data<T>(), stream.seed_and_pass.data<int64_t>(),
                                          stream.path, static_cast<uint32_t>(std::ceil(p * 0x1p24)),
                                          static_cast<acc_t<T>>(1 / (1 - p)), y.data<T>()});
  });
}

}  // namespace hone::kernels
