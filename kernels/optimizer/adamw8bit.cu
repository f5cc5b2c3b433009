// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp for each 256 elements of the arena, eight to a lane, loaded before anything is done with them;
// maxima over the warp give the new absmax. As many blocks as the GPU holds at a time make their tables
// of codes once and then walk the arena. The segment table says what moments the elements have; it is
// short, and every warp looks itself up. Arithmetic as bitsandbytes' kernel is compiled
// (kernels/core/cuda/ftz.cuh).
#include "kernels/core/cuda/ftz.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/resident_blocks.cuh"
#include "kernels/nf4/code_table.h"
#include "kernels/nf4/dynamic_map.h"
#include "kernels/optimizer/adamw8bit.h"
#include "kernels/optimizer/adamw_update.cuh"

namespace hone::kernels {
namespace {

constexpr int kBlock = static_cast<int>(AdamW8bitState::kBlock);
constexpr int kThreads = 256;
constexpr int kLane = 4;                        // elements that a lane moves at a time
constexpr int kParts = kBlock / kWarp / kLane;  // of a block's elements, each moved by all lanes

struct Maps {
  float first[256], second[256];
};

struct Tables {
  Maps maps;
  CodeTable<true> first;
  CodeTable<false> second;
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

// The nearest code, moved to the neighbour on m's side of zero (code 127) if it has the other sign.
__device__ uint8_t first_code(const CodeTable<true>& table, float m, float scale) {
  const uint8_t code = table.code(multiply_ftz(m, scale));
  if ((code < 127) == static_cast<bool>(signbit(m))) return code;
  return static_cast<uint8_t>(m > 0 ? code + 1 : code - 1);
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
  int64_t count, decayed, blocks;
  bool aligned;  // every block of p, grad, shadow, c1 and c2 is a row of aligned vectors of kLane
};

// A lane's share of a part of which only the first elements may be there. whole: all, and aligned.
template <class V>
__device__ Vec<V, kLane> load_part(const V* p, int64_t there, bool whole) {
  if (whole) return load<kLane>(p);
  Vec<V, kLane> v = {};
  for (int k = 0; k < kLane; ++k)
    if (k < there) v[k] = p[k];
  return v;
}
template <class V>
__device__ void store_part(V* p, const Vec<V, kLane>& v, int64_t there, bool whole) {
  if (whole) return store(p, v);
  for (int k = 0; k < kLane; ++k)
    if (k < there) p[k] = v[k];
}

template <class T>
__device__ T updated(T p, float m, float v, bool decays, const Constants& k) {
  const float denominator = multiply_add_ftz(k.s, k.eps, sqrt_ftz(v));
  const float direction = multiply_ftz(reciprocal_ftz(denominator), m);
  const T moved = narrow_to<T>(multiply_add_ftz(k.step_size, direction, widen(p)));
  return decays ? narrow_to<T>(multiply_ftz(k.keep, widen(moved))) : moved;
}

// The block that begins at element `first`, with moments from `at` on and `rest` elements before the
// run's end.
template <class T, class G>
__device__ void step_8bit(const Arena<T, G>& a, const Tables& tables, int64_t first, int64_t at,
                          int64_t rest, const Constants& k) {
  const int64_t block = at / kBlock;
  const int lane = threadIdx.x % kWarp;
  const bool whole = a.aligned && rest >= kBlock;
  Vec<T, kLane> p[kParts];
  Vec<G, kLane> grad[kParts];
  Vec<uint8_t, kLane> c1[kParts], c2[kParts];
#pragma unroll
  for (int j = 0; j < kParts; ++j) {
    const int64_t o = (j * kWarp + lane) * kLane;
    p[j] = load_part(a.p + first + o, rest - o, whole);
    grad[j] = load_part(a.grad + first + o, rest - o, whole);
    c1[j] = load_part(a.c1 + at + o, rest - o, whole);
    c2[j] = load_part(a.c2 + at + o, rest - o, whole);
  }
  const float absmax1 = a.absmax1[block], absmax2 = a.absmax2[block];
  float m[kParts][kLane], v[kParts][kLane], top1 = 0, top2 = 0;
#pragma unroll
  for (int j = 0; j < kParts; ++j)
#pragma unroll
    for (int i = 0; i < kLane; ++i) {
      const int64_t o = (j * kWarp + lane) * kLane + i;
      const float raw = widen(grad[j][i]);
      m[j][i] = v[j][i] = 0;
      if (isfinite(raw) && (whole || o < rest)) {
        const float g = multiply_ftz(raw, k.clip);
        const float old_m = multiply_ftz(absmax1, tables.maps.first[c1[j][i]]);
        m[j][i] = multiply_add_ftz(g, k.one_beta1, multiply_ftz(old_m, k.beta1));
        v[j][i] = second_moment<T>(multiply_ftz(absmax2, tables.maps.second[c2[j][i]]), g, k);
        p[j][i] = updated(p[j][i], m[j][i], v[j][i], first + o < a.decayed, k);
      }
      top1 = fabsf(m[j][i]) > top1 ? fabsf(m[j][i]) : top1;
      top2 = fabsf(v[j][i]) > top2 ? fabsf(v[j][i]) : top2;
    }
  top1 = warp_max(top1);
  top2 = warp_max(top2);
  const float scale1 = reciprocal_ftz(top1), scale2 = reciprocal_ftz(top2);
#pragma unroll
  for (int j = 0; j < kParts; ++j) {
    const int64_t o = (j * kWarp + lane) * kLane;
    Vec<bf16, kLane> shadow;
#pragma unroll
    for (int i = 0; i < kLane; ++i) {
      c1[j][i] = first_code(tables.first, m[j][i], scale1);
      c2[j][i] = tables.second.code(multiply_ftz(v[j][i], scale2));
      shadow[i] = narrow_to<bf16>(widen(p[j][i]));
    }
    store_part(a.p + first + o, p[j], rest - o, whole);
    store_part(a.c1 + at + o, c1[j], rest - o, whole);
    store_part(a.c2 + at + o, c2[j], rest - o, whole);
    if (a.shadow) store_part(a.shadow + first + o, shadow, rest - o, whole);
  }
  if (lane == 0) {
    a.absmax1[block] = top1;
    a.absmax2[block] = top2;
  }
}

// The same with f32 moments.
template <class T, class G>
__device__ void step_full(const Arena<T, G>& a, int64_t first, int64_t at, int64_t rest,
                          const DeviceScalars& scalars, const AdamWSettings& settings) {
  if constexpr (std::is_same_v<T, float> && std::is_same_v<G, float>) {
    const DeviceAdamW<float> adamw(scalars, settings);
    for (int64_t o = threadIdx.x % kWarp; o < kBlock && o < rest; o += kWarp) {
      const int64_t i = first + o;
      adamw.update(a.p[i], a.grad[i], a.m[at + o], a.v[at + o], i < settings.decayed);
      if (a.shadow) a.shadow[i] = narrow_to<bf16>(a.p[i]);
    }
  }
}

template <class T, class G>
__global__ void __launch_bounds__(kThreads)
    adamw8bit_kernel(Arena<T, G> a, const __grid_constant__ Maps constants, DeviceScalars scalars,
                     AdamWSettings settings) {
  if (isnan(*scalars.clip)) return;
  __shared__ Tables tables;
  for (int i = threadIdx.x; i < 256; i += kThreads) {
    tables.maps.first[i] = constants.first[i];
    tables.maps.second[i] = constants.second[i];
  }
  __syncthreads();  // the maps are there
  for (int i = threadIdx.x; i < 256; i += kThreads) {
    tables.first.fill(tables.maps.first, i);
    tables.second.fill(tables.maps.second, i);
  }
  __syncthreads();  // the tables are there
  const Constants k(scalars, settings);
  constexpr int kWarps = kThreads / kWarp;
  int64_t s = 0;  // the blocks ascend, and so do the segments
  for (int64_t b = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp; b < a.blocks;
       b += int64_t{gridDim.x} * kWarps) {
    const int64_t first = b * kBlock;
    while (s < a.count && a.segments[4 * s + 1] <= first) ++s;
    if (s == a.count) return;
    const int64_t* const segment = a.segments + 4 * s;
    if (segment[0] > first) continue;  // between two runs
    const int64_t at = segment[3] + first - segment[0], rest = segment[1] - first;
    if (segment[2] != 0)
      step_8bit(a, tables, first, at, rest, k);
    else
      step_full(a, first, at, rest, scalars, settings);
  }
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
                           .decayed = settings.weight_decay > 0 ? settings.decayed : 0,
                           .blocks = ceil_div(p.numel(), kBlock),
                           .aligned = are_vectors(kLane, kBlock, {p, grad, shadow}) &&
                                      are_vectors(kLane, kBlock, {state.c1, state.c2})};
    const int64_t needed = ceil_div(a.blocks * kWarp, kThreads);
    const int64_t resident = resident_blocks(adamw8bit_kernel<T, G>, kThreads);
    launch(device, adamw8bit_kernel<T, G>, grid_size(needed < resident ? needed : resident),
           kThreads, 0, a, maps, DeviceScalars(scalars), settings);
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
