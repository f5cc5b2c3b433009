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
#include "kernels/optimizer/adamw_update.h"

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
          .keep = gpu::multiply_add(-lr, f32(settings.weight_decay), 1.0f)};
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

// `count` parameters with the moments from `at` on, of which the first `decayed` decay.
template <class T, class G>
void step_block(T* parameters, const G* grad, const AdamW8bitState& state, int64_t at,
                int64_t count, int64_t decayed, const StepConstants& k) {
  uint8_t* c1 = state.c1.data<uint8_t>() + at;
  uint8_t* c2 = state.c2.data<uint8_t>() + at;
  float& absmax1 = state.absmax1.data<float>()[at / kBlock];
  float& absmax2 = state.absmax2.data<float>()[at / kBlock];
  Moments x;
  update_moments<T>(grad, c1, c2, absmax1, absmax2, count, k, x);
  absmax1 = absmax_of(x.m, count);
  absmax2 = absmax_of(x.v, count);
  const float scale1 = gpu::reciprocal(absmax1), scale2 = gpu::reciprocal(absmax2);
  for (int64_t i = 0; i < count; ++i) {
    const auto j = static_cast<size_t>(i);
    if (x.finite[j]) parameters[i] = updated(parameters[i], x.m[j], x.v[j], i < decayed, k);
    c1[i] = first_code(x.m[j], scale1);
    c2[i] = nearest_code(unsigned_dynamic_map(), gpu::multiply(x.v[j], scale2));
  }
}

// A row of the segment table.
struct Segment {
  int64_t begin, end;
  bool eight_bit;
  int64_t moments;
};

Segment segment_at(const Tensor& table, int64_t row) {
  const int64_t* x = table.data<int64_t>() + row * 4;
  return {x[0], x[1], x[2] != 0, x[3]};
}

// Everything that one launch reads.
struct Arena {
  const Tensor &p, &grad, &shadow;
  const AdamW8bitState& state;
  int64_t decayed;
  StepConstants k;
  AdamWConstants<float> full;  // for f32 moments
};

// Elements [begin, end) of the arena, whole blocks of one segment.
template <class T, class G>
void step_range(const Arena& a, const Segment& segment, int64_t begin, int64_t end) {
  T* p = a.p.data<T>();
  if (segment.eight_bit) {
    for (int64_t i = begin; i < end; i += kBlock)
      step_block(p + i, a.grad.data<G>() + i, a.state, segment.moments + i - segment.begin,
                 std::min(kBlock, end - i), a.decayed - i, a.k);
  } else if constexpr (std::is_same_v<T, float> && std::is_same_v<G, float>) {
    const int64_t at = segment.moments + begin - segment.begin;
    adamw_update(p + begin, a.grad.data<float>() + begin, a.state.m.data<float>() + at,
                 a.state.v.data<float>() + at, end - begin, a.decayed - begin, a.full);
  }
  if (!a.shadow.defined()) return;
  for (int64_t i = begin; i < end; ++i) a.shadow.data<bf16>()[i] = bf16(static_cast<float>(p[i]));
}

template <class T, class G>
void step_segments(const Arena& a) {
  for (int64_t s = 0; s < a.state.segments.dim(0); ++s) {
    const Segment segment = segment_at(a.state.segments, s);
    const int64_t blocks = (segment.end - segment.begin + kBlock - 1) / kBlock;
    parallel_for(blocks, grain_for(kBlock * 64), [&](int64_t from, int64_t to) {
      step_range<T, G>(a, segment, segment.begin + from * kBlock,
                       std::min(segment.begin + to * kBlock, segment.end));
    });
  }
}

}  // namespace

template <Isa I>
void adamw8bit_step(Cpu<I>, const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                    const Tensor& shadow, const StepScalars& scalars,
                    const AdamWSettings& settings) {
  if (std::isnan(scalars.clip.item<float>())) return;
  const Arena arena{.p = p,
                    .grad = grad,
                    .shadow = shadow,
                    .state = state,
                    .decayed = settings.weight_decay > 0 ? settings.decayed : 0,
                    .k = constants_of(scalars, settings),
                    .full = adamw_constants<float>(scalars, settings)};
  visit_stored_float(p.dtype(), [&]<class T>() {
    if (grad.dtype() == DType::f32)
      step_segments<T, float>(arena);
    else
      step_segments<T, T>(arena);
  });
}

template void adamw8bit_step(Cpu<kIsa>, const Tensor&, const Tensor&, const AdamW8bitState&,
                             const Tensor&, const StepScalars&, const AdamWSettings&);

}  // namespace hone::kernels
