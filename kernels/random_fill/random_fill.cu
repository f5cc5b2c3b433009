// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/random_fill/random_fill.h"

namespace hone::kernels {
namespace {

struct Uniform {
  float bound;
  RandomStream stream;
  __device__ float operator()(uint64_t i) const { return bound * (2 * stream.uniform(i) - 1); }
};

struct Normal {
  float deviation;
  RandomStream stream;
  __device__ float operator()(uint64_t i) const {
    const auto [u, v] = stream.uniform_pair(i);
    return deviation * static_cast<float>(sqrt(-2.0 * log(u)) * cospi(2.0 * v));
  }
};

template <class T, class Value>
struct Fill {
  T* t;
  Value value;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k) to[k] = narrow_to<T>(value(static_cast<uint64_t>(i + k)));
    store(t + i, to);
  }
};

template <class Value>
void fill_each(Cuda device, const Tensor& t, const Value& value) {
  visit_float(t.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({t}, kLanes<T>, true),
                               Fill<T, Value>{t.data<T>(), value});
  });
}

}  // namespace

void fill_uniform(Cuda device, const Tensor& t, float bound, const RandomStream& stream) {
  fill_each(device, t, Uniform{bound, stream});
}

void fill_normal(Cuda device, const Tensor& t, float deviation, const RandomStream& stream) {
  fill_each(device, t, Normal{deviation, stream});
}

}  // namespace hone::kernels
