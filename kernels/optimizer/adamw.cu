// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/launch.cuh"
#include "kernels/optimizer/adamw.h"
#include "kernels/optimizer/adamw_update.cuh"

namespace hone::kernels {
namespace {

constexpr int kThreads = 256;

template <int W, class T>
__global__ void __launch_bounds__(kThreads)
    adamw_kernel(T* p, const T* grad, T* m, T* v, bf16* shadow, int64_t n, DeviceScalars scalars,
                 AdamWSettings settings) {
  if (isnan(*scalars.clip)) return;
  const DeviceAdamW<T> k(scalars, settings);
  const int64_t i = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * W;
  if (i >= n) return;
  Vec<T, W> pp = load<W>(p + i), mm = load<W>(m + i), vv = load<W>(v + i);
  const Vec<T, W> gg = load<W>(grad + i);
#pragma unroll
  for (int j = 0; j < W; ++j) k.update(pp[j], gg[j], mm[j], vv[j], i + j < settings.decayed);
  store(p + i, pp);
  store(m + i, mm);
  store(v + i, vv);
  if (!shadow) return;
  Vec<bf16, W> to;
#pragma unroll
  for (int j = 0; j < W; ++j) to[j] = narrow_to<bf16>(pp[j]);
  store(shadow + i, to);
}

}  // namespace

void adamw_step(Cuda device, const Tensor& p, const Tensor& grad, const Tensor& m, const Tensor& v,
                const Tensor& shadow, const StepScalars& scalars, const AdamWSettings& settings) {
  visit_float(p.dtype(), [&]<class T>() {
    if constexpr (!std::is_same_v<T, bf16>) {
      const int64_t n = p.numel();
      bf16* const to = shadow.defined() ? shadow.data<bf16>() : nullptr;
      const auto run = [&]<int W>() {
        launch(device, adamw_kernel<W, T>, grid_size(ceil_div(n, kThreads * W)), kThreads, 0,
               p.data<T>(), grad.data<T>(), m.data<T>(), v.data<T>(), to, n, DeviceScalars(scalars),
               settings);
      };
      if (are_vectors(kLanes<T>, n, {p, grad, m, v, shadow}))
        run.template operator()<kLanes<T>>();
      else
        run.template operator()<1>();
    }
  });
}

}  // namespace hone::kernels
