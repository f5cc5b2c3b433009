// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/gpu_math/gpu_math.h"
#include "kernels/nf4/dynamic_map.h"
#include "kernels/nf4/stored_float.h"
#include "kernels/optimizer/adamw8bit.h"

namespace hone::kernels {
namespace {

constexpr int64_t kBlock = AdamW8bitState::kBlock;

// What a step's scalars and settings come to, each in the order of the CUDA kernel.
struct StepConstants {
  float clip, beta1, beta2, one_beta1, one_beta2;
  float s;          // sqrt(1 - beta2^t)
  float step_size;  // -lr s / (1 - beta1^t)
  float eps;
  float keep;  // 1 - lr * decay
  bool decays;
  int64_t decayed;
};

StepConstants constants_of(const StepScalars& scalars, const AdamWSettings& settings) {
  const auto f32 = [](double x) { return static_cast<float>(x); };
  const float lr = scalars.learning_rate.item<float>();
  const float t = static_cast<float>(scalars.step.item<int64_t>());
  const float beta1 = f32(settings.beta1), beta2 = f32(settings.beta2);
  const auto one_minus_power = [&](float beta) {
    return gpu::flush(1.0f - gpu::exp2(gpu::multiply(t, gpu::log2(beta))));
  };
  const float s = gpu::sqrt(one_minus_power(beta2));
  const float step_size =
      gpu::multiply(gpu::multiply(s, lr), -gpu::reciprocal(one_minus_power(beta1)));
  return {.clip = scalars.clip.item<float>(),
          .beta1 = beta1,
          .beta2 = beta2,
          .one_beta1 = 1.0f - beta1,
          .one_beta2 = 1.0f - beta2,
          .s = s,
          .step_size = step_size,
          .eps = f32(settings.eps),
          .keep = gpu::multiply_add(-lr, f32(settings.weight_decay), 1.0f),
          .decays = settings.weight_decay > 0,
          .decayed = settings.decayed};
}

// The block's moments after this step's gradient.
struct Moments {
  std::array<float, kBlock> m, v;
  std::array<bool, kBlock> finite;
};

// The compiler fused beta2 v + g ((1 - beta2) g) the other way round for the 16-bit types.
template <class T>
float second_moment(float scaled_v, float g, const StepConstants& k) {
  const float weighted = gpu::multiply(g, k.one_beta2);
  if constexpr (std::is_same_v<T, float>)
    return gpu::multiply_add(g, weighted, gpu::multiply(scaled_v, k.beta2));
  else
    return gpu::multiply_add(scaled_v, k.beta2, gpu::multiply(g, weighted));
}

template <class T, class G>
void update_moments(const G* grad, const uint8_t* c1, const uint8_t* c2, float absmax1,
                    float absmax2, int64_t count, const StepConstants& k, Moments& out) {
  const DynamicMap& map1 = signed_dynamic_map();
  const DynamicMap& map2 = unsigned_dynamic_map();
  for (int64_t i = 0; i < count; ++i) {
    const auto j = static_cast<size_t>(i);
    const float raw = static_cast<float>(grad[i]);
    out.finite[j] = std::isfinite(raw);
    out.m[j] = out.v[j] = 0;
    if (!out.finite[j]) continue;
    const float g = gpu::multiply(raw, k.clip);
    const float scaled_m = gpu::multiply(gpu::multiply(absmax1, map1[c1[i]]), k.beta1);
    out.m[j] = gpu::multiply_add(g, k.one_beta1, scaled_m);
    out.v[j] = second_moment<T>(gpu::multiply(absmax2, map2[c2[i]]), g, k);
  }
}

float absmax_of(const std::array<float, kBlock>& x, int64_t count) {
  float most = 0;
  for (int64_t i = 0; i < count; ++i) most = std::max(most, std::abs(x[static_cast<size_t>(i)]));
  return most;
}

// The nearest code, moved to the neighbour on m's side of zero if it has the other sign.
uint8_t first_code(float m, float scale) {
  const DynamicMap& map = signed_dynamic_map();
  const uint8_t code = nearest_code(map, gpu::multiply(m, scale));
  if (std::signbit(map[code]) == std::signbit(m)) return code;
  return static_cast<uint8_t>(m > 0 ? code + 1 : code - 1);
}

template <class T>
T updated(T p, float m, float v, bool decay, const StepConstants& k) {
  const float denominator = gpu::multiply_add(k.s, k.eps, gpu::sqrt(v));
  const float direction = gpu::multiply(gpu::reciprocal(denominator), m);
  const T moved = T(gpu::multiply_add(k.step_size, direction, static_cast<float>(p)));
  return decay ? T(gpu::multiply(k.keep, static_cast<float>(moved))) : moved;
}

template <class T, class G>
void step_block(int64_t b, const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                const StepConstants& k) {
  const int64_t first = b * kBlock, count = std::min(kBlock, p.numel() - first);
  uint8_t* c1 = state.c1.data<uint8_t>() + first;
  uint8_t* c2 = state.c2.data<uint8_t>() + first;
  float& absmax1 = state.absmax1.data<float>()[b];
  float& absmax2 = state.absmax2.data<float>()[b];
  Moments x;
  update_moments<T>(grad.data<G>() + first, c1, c2, absmax1, absmax2, count, k, x);
  absmax1 = absmax_of(x.m, count);
  absmax2 = absmax_of(x.v, count);
  const float scale1 = gpu::reciprocal(absmax1), scale2 = gpu::reciprocal(absmax2);
  T* parameters = p.data<T>() + first;
  for (int64_t i = 0; i < count; ++i) {
    const auto j = static_cast<size_t>(i);
    const bool decay = k.decays && first + i < k.decayed;
    if (x.finite[j]) parameters[i] = updated(parameters[i], x.m[j], x.v[j], decay, k);
    c1[i] = first_code(x.m[j], scale1);
    c2[i] = nearest_code(unsigned_dynamic_map(), gpu::multiply(x.v[j], scale2));
  }
}

}  // namespace

template <Isa I>
void adamw8bit_step(Cpu<I>, const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                    const Tensor& shadow, const StepScalars& scalars,
                    const AdamWSettings& settings) {
  const StepConstants k = constants_of(scalars, settings);
  visit_stored_float(p.dtype(), [&]<class T>() {
    parallel_for(state.absmax1.numel(), grain_for(kBlock * 64), [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        if (grad.dtype() == DType::f32)
          step_block<T, float>(b, p, grad, state, k);
        else
          step_block<T, T>(b, p, grad, state, k);
      }
      if (!shadow.defined()) return;
      for (int64_t i = begin * kBlock; i < std::min(end * kBlock, p.numel()); ++i)
        shadow.data<bf16>()[i] = bf16(static_cast<float>(p.data<T>()[i]));
    });
  });
}

template void adamw8bit_step(Cpu<kIsa>, const Tensor&, const Tensor&, const AdamW8bitState&,
                             const Tensor&, const StepScalars&, const AdamWSettings&);

}  // namespace hone::kernels
