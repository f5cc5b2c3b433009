// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/elementwise/elementwise.h"

namespace hone::kernels {
namespace {

constexpr int64_t kGrain = 1 << 14;

// visit_float plus f16, which is only stored.
template <class F>
void visit_stored_float(DType dtype, F&& f) {
  if (dtype == DType::f16) return f.template operator()<f16>();
  visit_float(dtype, f);
}

// Offset in elements of row `row` (an index over all dimensions but the last).
int64_t row_offset(const Tensor& t, int64_t row) {
  int64_t offset = 0;
  for (int d = t.rank() - 2; d >= 0; --d) {
    offset += row % t.dim(d) * t.stride(d);
    row /= t.dim(d);
  }
  return offset;
}

template <class F>
void for_each(int64_t n, F&& f) {
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i);
  });
}

}  // namespace

template <Isa I>
void fill(Cpu<I>, const Tensor& t, double value) {
  visit_float(t.dtype(), [&]<class T>() {
    T* p = t.data<T>();
    for_each(t.numel(), [=](int64_t i) { p[i] = T(static_cast<acc_t<T>>(value)); });
  });
}

template <Isa I>
void cast_into(Cpu<I>, const Tensor& from, const Tensor& to, bool accumulate) {
  const int64_t columns = from.rank() ? from.dim(-1) : 1;
  const int64_t rows = columns ? from.numel() / columns : 0;
  visit_stored_float(from.dtype(), [&]<class From>() {
    visit_stored_float(to.dtype(), [&]<class To>() {
      using A = acc_t<To>;
      parallel_for(rows, grain_for(columns), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          const From* x = from.data<From>() + row_offset(from, r);
          To* y = to.data<To>() + row_offset(to, r);
          if (accumulate)
            for (int64_t c = 0; c < columns; ++c)
              y[c] = To(A(y[c]) + static_cast<A>(acc_t<From>(x[c])));
          else
            for (int64_t c = 0; c < columns; ++c) y[c] = To(static_cast<A>(acc_t<From>(x[c])));
        }
      });
    });
  });
}

template <Isa I>
void add(Cpu<I>, const Tensor& a, const Tensor& b, const Tensor& y) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const T *pa = a.data<T>(), *pb = b.data<T>();
    T* py = y.data<T>();
    for_each(y.numel(), [=](int64_t i) { py[i] = T(A(pa[i]) + A(pb[i])); });
  });
}

template <Isa I>
void multiply(Cpu<I>, const Tensor& a, const Tensor& b, const Tensor& y) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const T *pa = a.data<T>(), *pb = b.data<T>();
    T* py = y.data<T>();
    for_each(y.numel(), [=](int64_t i) { py[i] = T(A(pa[i]) * A(pb[i])); });
  });
}

template <Isa I>
void scale(Cpu<I>, const Tensor& a, double factor, const Tensor& y) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const T* pa = a.data<T>();
    T* py = y.data<T>();
    for_each(y.numel(), [=](int64_t i) { py[i] = T(A(pa[i]) * static_cast<A>(factor)); });
  });
}

template <Isa I>
void scale(Cpu<I> device, const Tensor& a, const Tensor& factor, const Tensor& y) {
  visit_float(factor.dtype(),
              [&]<class F>() { scale(device, a, static_cast<double>(*factor.data<F>()), y); });
}

template void fill(Cpu<kIsa>, const Tensor&, double);
template void cast_into(Cpu<kIsa>, const Tensor&, const Tensor&, bool);
template void add(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void multiply(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void scale(Cpu<kIsa>, const Tensor&, double, const Tensor&);
template void scale(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
