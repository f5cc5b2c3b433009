// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/random_fill/random_fill.h"

namespace hone::kernels {
namespace {

template <class T>
struct FillUniform {
  T* t;
  float bound;
  RandomStream stream;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k)
      to[k] = narrow_to<T>(bound * (2 * stream.uniform(static_cast<uint64_t>(i + k)) - 1));
    store(t + i, to);
  }
};

template <class T>
struct FillNormal {
  T* t;
  float deviation;
  RandomStream stream;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const auto [u, v] = stream.uniform_pair(static_cast<uint64_t>(i + k));
      to[k] = narrow_to<T>(deviation * static_cast<float>(sqrt(-2.0 * log(u)) * cospi(2.0 * v)));
    }
    store(t + i, to);
  }
};

}  // namespace

void fill_uniform(Cuda device, const Tensor& t, float bound, const RandomStream& stream) {
  visit_float(t.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({t}, kLanes<T>, true),
                               FillUniform<T>{t.data<T>(), bound, stream});
  });
}

void fill_normal(Cuda device, const Tensor& t, float deviation, const RandomStream& stream) {
  visit_float(t.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({t}, kLanes<T>, true),
                               FillNormal<T>{t.data<T>(), deviation, stream});
  });
}

}  // namespace hone::kernels
