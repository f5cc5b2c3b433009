// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block of 256 threads for each 256 elements of the arena, an element each; maxima over the block give
// the new absmax. The segment table says what moments the elements have; it is short, and every block
// looks itself up. Arithmetic as bitsandbytes' kernel is compiled (kernels/core/cuda/ftz.cuh).
#include "kernels/core/cuda/ftz.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/nf4/dynamic_map.h"
#include "kernels/nf4/nearest_code.cuh"
#include "kernels/optimizer/adamw8bit.h"
#include "kernels/optimizer/adamw_update.cuh"

namespace hone::kernels {
namespace {

constexpr int kBlock = static_cast<int>(AdamW8bitState::kBlock);

struct Maps {
  float first[256], second[256];
};

// What a step's scalars and settings come to, each in the order of the CUDA kernel it equals.
struct Constants {
  float clip, beta1, beta2, one_beta1, one_beta2, s, step_size, eps, keep;

  __device__ Constants(const DeviceScalars& scalars, const AdamWSettings& settings) {
    const float lr = *scalars.learning_rate, t = static_cast<float>(*scalars.step);
    clip = *scalars.clip;
    beta1 = static_cast<float>(settings.beta1);
    beta2 = static_cast<float>(settings.beta2);
    one_beta1 = 1.0f - beta1;
    one_beta2 = 1.0f - beta2;
    const auto one_minus_power = [&](float beta) {
      return flush_ftz(1.0f - exp2_ftz(multiply_ftz(t, log2_ftz(beta))));
    };
    s = sqrt_ftz(one_minus_power(beta2));
    step_size = multiply_ftz(multiply_ftz(s, lr), -reciprocal_ftz(one_minus_power(beta1)));
    eps = static_cast<float>(settings.eps);
    keep = multiply_add_ftz(-lr, static_cast<float>(settings.weight_decay), 1.0f);
  }
};

// The nearest code, moved to the neighbour on m's side of zero if it has the other sign.
__device__ uint8_t first_code(const float* map, float m, float scale) {
  const uint8_t code = nearest(map, multiply_ftz(m, scale));
  if (signbit(map[code]) == signbit(m)) return code;
  return static_cast<uint8_t>(m > 0 ? code + 1 : code - 1);
}

__device__ float block_max(float x) {
  __shared__ float tops[kBlock / kWarp];
  x = warp_max(x);
  __syncthreads();  // the maximum before this one has been read
  if (threadIdx.x % kWarp == 0) tops[threadIdx.x / kWarp] = x;
  __syncthreads();  // all maxima are there
  float top = tops[0];
  for (int w = 1; w < kBlock / kWarp; ++w) top = tops[w] > top ? tops[w] : top;
  return top;
}

template <class T>
__device__ float second_moment(float scaled_v, float g, const Constants& k) {
  const float weighted = multiply_ftz(g, k.one_beta2);
  if constexpr (std::is_same_v<T, float>)
    return multiply_add_ftz(g, weighted, multiply_ftz(scaled_v, k.beta2));
  else
    return multiply_add_ftz(scaled_v, k.beta2, multiply_ftz(g, weighted));
}

template <class T, class G>
struct Arena {
  T* p;
  const G* grad;
  bf16* shadow;  // may be null
  uint8_t *c1, *c2;
  float *absmax1, *absmax2, *m, *v;
  const int64_t* segments;  // [count, 4]
  int64_t count, decayed;
};

template <class T>
__device__ T updated(T p, float m, float v, bool decays, const Constants& k) {
  const float denominator = multiply_add_ftz(k.s, k.eps, sqrt_ftz(v));
  const float direction = multiply_ftz(reciprocal_ftz(denominator), m);
  const T moved = narrow_to<T>(multiply_add_ftz(k.step_size, direction, widen(p)));
  return decays ? narrow_to<T>(multiply_ftz(k.keep, widen(moved))) : moved;
}

// Element i, whose moments are at `at` of the 8-bit ones; beyond the run's end only the sums count.
template <class T, class G>
__device__ void step_8bit(const Arena<T, G>& a, const Maps& maps, int64_t i, int64_t at, bool there,
                          const Constants& k) {
  const int64_t block = at / kBlock;
  const float absmax1 = a.absmax1[block], absmax2 = a.absmax2[block];
  float m = 0, v = 0;
  bool finite = false;
  if (there) {
    const float raw = widen(a.grad[i]);
    finite = isfinite(raw);
    if (finite) {
      const float g = multiply_ftz(raw, k.clip);
      const float scaled_m = multiply_ftz(multiply_ftz(absmax1, maps.first[a.c1[at]]), k.beta1);
      m = multiply_add_ftz(g, k.one_beta1, scaled_m);
      v = second_moment<T>(multiply_ftz(absmax2, maps.second[a.c2[at]]), g, k);
    }
  }
  const float top1 = block_max(fabsf(m)), top2 = block_max(fabsf(v));
  if (there) {
    if (finite) a.p[i] = updated(a.p[i], m, v, i < a.decayed, k);
    a.c1[at] = first_code(maps.first, m, reciprocal_ftz(top1));
    a.c2[at] = nearest(maps.second, multiply_ftz(v, reciprocal_ftz(top2)));
  }
  if (threadIdx.x == 0) {
    a.absmax1[block] = top1;
    a.absmax2[block] = top2;
  }
}

template <class T, class G>
__global__ void __launch_bounds__(kBlock)
    adamw8bit_kernel(Arena<T, G> a, const __grid_constant__ Maps constants, DeviceScalars scalars,
                     AdamWSettings settings) {
  if (isnan(*scalars.clip)) return;
  __shared__ Maps maps;
  maps.first[threadIdx.x] = constants.first[threadIdx.x];
  maps.second[threadIdx.x] = constants.second[threadIdx.x];
  __syncthreads();  // the maps are there
  const int64_t first = int64_t{blockIdx.x} * kBlock, i = first + threadIdx.x;
  int64_t s = 0;
  while (s < a.count && a.segments[4 * s + 1] <= first) ++s;
  if (s == a.count || a.segments[4 * s] > first) return;  // between two runs
  const int64_t* const segment = a.segments + 4 * s;
  const int64_t at = segment[3] + i - segment[0];
  const bool there = i < segment[1];
  if (segment[2] != 0) {
    step_8bit(a, maps, i, at, there, Constants(scalars, settings));
  } else if constexpr (std::is_same_v<T, float> && std::is_same_v<G, float>) {
    if (there)
      DeviceAdamW<float>(scalars, settings)
          .update(a.p[i], a.grad[i], a.m[at], a.v[at], i < settings.decayed);
  }
  if (a.shadow && there) a.shadow[i] = narrow_to<bf16>(widen(a.p[i]));
}

}  // namespace

void adamw8bit_step(Cuda device, const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                    const Tensor& shadow, const StepScalars& scalars,
                    const AdamWSettings& settings) {
  Maps maps = {};
  std::copy(signed_dynamic_map().begin(), signed_dynamic_map().end(), maps.first);
  std::copy(unsigned_dynamic_map().begin(), unsigned_dynamic_map().end(), maps.second);
  const auto run = [&]<class T, class G>() {
    const Arena<T, G> a = {.p = p.data<T>(),
                           .grad = grad.data<G>(),
                           .shadow = shadow.defined() ? shadow.data<bf16>() : nullptr,
                           .c1 = state.c1.data<uint8_t>(),
                           .c2 = state.c2.data<uint8_t>(),
                           .absmax1 = state.absmax1.data<float>(),
                           .absmax2 = state.absmax2.data<float>(),
                           .m = state.m.data<float>(),
                           .v = state.v.data<float>(),
                           .segments = state.segments.data<int64_t>(),
                           .count = state.segments.dim(0),
                           .decayed = settings.weight_decay > 0 ? settings.decayed : 0};
    launch(device, adamw8bit_kernel<T, G>, grid_size(ceil_div(p.numel(), kBlock)), kBlock, 0, a,
           maps, DeviceScalars(scalars), settings);
  };
  const auto visit = [&]<class T>() {
    if (grad.dtype() == DType::f32)
      run.template operator()<T, float>();
    else
      run.template operator()<T, T>();
  };
  if (p.dtype() == DType::f32)
    visit.template operator()<float>();
  else if (p.dtype() == DType::bf16)
    visit.template operator()<bf16>();
  else
    visit.template operator()<f16>();
}

}  // namespace hone::kernels
