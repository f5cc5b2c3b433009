// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/block_sum.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"

namespace hone::kernels {
namespace {

// One head of one row of a tensor [N, H, D].
template <class T>
T* head(const Tensor& t, int64_t n, int64_t h) {
  return t.data<T>() + n * t.stride(0) + h * t.stride(1);
}

template <class T>
acc_t<T> factor(T w, NormWeight kind) {
  return kind == NormWeight::zero_centred ? acc_t<T>(1) + acc_t<T>(w) : acc_t<T>(w);
}

// u[d]: what is rotated, rounded as RMSNorm defines it.
template <class T>
struct Normed {
  const T* x;
  const T* w;  // null: no norm
  acc_t<T> r;
  NormWeight kind;

  acc_t<T> operator()(int64_t d) const {
    using A = acc_t<T>;
    if (!w) return A(x[d]);
    const A xh = kind == NormWeight::plain ? A(T(A(x[d]) * r)) : A(x[d]) * r;
    return A(T(xh * factor(w[d], kind)));
  }
};

// du[d]: dy turned back.
template <class T>
struct Unrotated {
  const T* dy;
  const acc_t<T>*cos, *sin;
  int64_t half;

  acc_t<T> operator()(int64_t d) const {
    using A = acc_t<T>;
    if (d < half) return A(dy[d]) * cos[d] + A(dy[d + half]) * sin[d];
    if (d < 2 * half) return A(dy[d]) * cos[d - half] - A(dy[d - half]) * sin[d - half];
    return A(dy[d]);
  }
};

}  // namespace

template <Isa I>
void qk_norm_rope_forward(Cpu<I>, const Tensor& x, const Tensor& w, double eps, NormWeight kind,
                          const RotaryTable& rotary, const QkNormRopeOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t H = x.dim(1), D = x.dim(2), half = rotary.cos.dim(1);
    const T* weight = w.defined() ? w.data<T>() : nullptr;
    parallel_for(x.dim(0) * H, grain_for(8 * D), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t n = i / H;
        const T* from = head<T>(x, n, i % H);
        T* y = head<T>(out.y, n, i % H);
        Normed<T> u = {from, weight, A(1), kind};
        if (weight) {
          A sum = 0;
#pragma omp simd reduction(+ : sum)
          for (int64_t d = 0; d < D; ++d) sum += A(from[d]) * A(from[d]);
          u.r = A(1) / std::sqrt(sum / A(D) + A(eps));
          out.rstd.data<A>()[i] = u.r;
        }
        const A *cos = rotary.cos.data<A>() + n * half, *sin = rotary.sin.data<A>() + n * half;
        for (int64_t j = 0; j < half; ++j) {
          const A first = u(j), second = u(j + half);
          y[j] = T(first * cos[j] - second * sin[j]);
          y[j + half] = T(second * cos[j] + first * sin[j]);
        }
        for (int64_t d = 2 * half; d < D; ++d) y[d] = T(u(d));
      }
    });
  });
}

template <Isa I>
void qk_norm_rope_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& w,
                           const Tensor& rstd, NormWeight kind, const RotaryTable& rotary,
                           const Tensor& dx, const GradTarget& dw, const Tensor& partial) {
  visit_float(dx.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t H = dx.dim(1), D = dx.dim(2), half = rotary.cos.dim(1);
    const T* weight = w.defined() ? w.data<T>() : nullptr;
    const auto one_head = [&](int64_t n, int64_t h, A* sums) {
      const Unrotated<T> du = {head<T>(dy, n, h), rotary.cos.data<A>() + n * half,
                               rotary.sin.data<A>() + n * half, half};
      T* out = head<T>(dx, n, h);
      if (!weight) {
        for (int64_t d = 0; d < D; ++d) out[d] = T(du(d));
        return;
      }
      const T* from = head<T>(x, n, h);
      const A r = rstd.data<A>()[n * H + h];
      A dot = 0;
      for (int64_t d = 0; d < D; ++d) dot += factor(weight[d], kind) * du(d) * A(from[d]) * r;
      const A mean = dot / A(D);
      for (int64_t d = 0; d < D; ++d) {
        const A g = du(d), xh = A(from[d]) * r;
        out[d] = T(r * (factor(weight[d], kind) * g - xh * mean));
        if (sums) sums[d] += g * xh;
      }
    };
    const int64_t tokens = rms_norm_row_block(dx.dim(0), dx.device());
    parallel_for(dx.dim(0), tokens, [&](int64_t begin, int64_t end) {
      A* sums = partial.defined() ? partial.data<A>() + begin / tokens * D : nullptr;
      if (sums) std::fill(sums, sums + D, A(0));
      for (int64_t n = begin; n < end; ++n)
        for (int64_t h = 0; h < H; ++h) one_head(n, h, sums);
    });
    if (partial.defined()) sum_blocks(partial.data<A>(), partial.dim(0), D, dw);
  });
}

template void qk_norm_rope_forward(Cpu<kIsa>, const Tensor&, const Tensor&, double, NormWeight,
                                   const RotaryTable&, const QkNormRopeOutput&);
template void qk_norm_rope_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                    const Tensor&, NormWeight, const RotaryTable&, const Tensor&,
                                    const GradTarget&, const Tensor&);

}  // namespace hone::kernels
