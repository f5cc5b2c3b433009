// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/elementwise/elementwise.h"

namespace hone::kernels {
namespace {

// visit_float plus f16, which is only stored.
template <class F>
void visit_stored_float(DType dtype, F&& f) {
  if (dtype == DType::f16) return f.template operator()<f16>();
  visit_float(dtype, f);
}

template <class T>
struct Fill {
  T* to;
  T value;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    Vec<T, W> y;
#pragma unroll
    for (int k = 0; k < W; ++k) y[k] = value;
    store(to + i, y);
  }
};

struct Add {
  template <class A>
  __device__ A operator()(A a, A b) const {
    return a + b;
  }
};
struct Multiply {
  template <class A>
  __device__ A operator()(A a, A b) const {
    return a * b;
  }
};

template <class T, class Op>
struct Binary {
  const T *a, *b;
  T* y;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    const Vec<T, W> x = load<W>(a + i), z = load<W>(b + i);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(Op()(widen(x[k]), widen(z[k])));
    store(y + i, out);
  }
};

template <class T>
struct ScaleByTensor {
  const T* a;
  const acc_t<T>* factor;
  T* y;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    const acc_t<T> f = *factor;
    const Vec<T, W> x = load<W>(a + i);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(widen(x[k]) * f);
    store(y + i, out);
  }
};

template <class T>
struct Scale {
  const T* a;
  acc_t<T> factor;
  T* y;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    const Vec<T, W> x = load<W>(a + i);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(widen(x[k]) * factor);
    store(y + i, out);
  }
};

// The dimensions but the last, and how far apart their neighbours are.
struct RowLayout {
  int rank;
  int64_t size[Shape::kMaxRank];
  int64_t stride[Shape::kMaxRank];

  explicit RowLayout(const Tensor& t) : rank(t.rank() > 0 ? t.rank() - 1 : 0) {
    for (int d = 0; d < rank; ++d) {
      size[d] = t.dim(d);
      stride[d] = t.stride(d);
    }
  }
  // Elements before row `row`, an index over all these dimensions.
  __device__ int64_t offset(int64_t row) const {
    int64_t offset = 0;
    for (int d = rank - 1; d >= 0; --d) {
      offset += row % size[d] * stride[d];
      row /= size[d];
    }
    return offset;
  }
};

template <class From, class To, bool kAccumulate>
struct CastInto {
  const From* from;
  To* to;
  RowLayout from_rows, to_rows;

  template <int W>
  __device__ void operator()(int64_t row, int64_t column) const {
    using A = acc_t<To>;
    const Vec<From, W> x = load<W>(from + from_rows.offset(row) + column);
    To* const place = to + to_rows.offset(row) + column;
    Vec<To, W> y;
    if constexpr (kAccumulate) y = load<W>(place);
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A value = static_cast<A>(widen(x[k]));
      if constexpr (kAccumulate)
        y[k] = narrow_to<To>(widen(y[k]) + value);
      else
        y[k] = narrow_to<To>(value);
    }
    store(place, y);
  }
};

// One long row where both are contiguous: no index arithmetic.
template <class From, class To, bool kAccumulate>
void cast_rows(Cuda device, const Tensor& from, const Tensor& to) {
  constexpr int kWidth = kLanes < From >> kLanes<To> ? kLanes<From> : kLanes<To>;
  const bool flat = from.is_contiguous() && to.is_contiguous();
  CastInto<From, To, kAccumulate> f{from.data<From>(), to.data<To>(), RowLayout(from),
                                    RowLayout(to)};
  if (flat) f.from_rows.rank = f.to_rows.rank = 0;
  for_each_vector<kWidth>(device, rows_and_columns({from, to}, kWidth, flat), f);
}

template <class Op>
void binary(Cuda device, const Tensor& a, const Tensor& b, const Tensor& y) {
  visit_float(a.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({a, b, y}, kLanes<T>, true),
                               Binary<T, Op>{a.data<T>(), b.data<T>(), y.data<T>()});
  });
}

}  // namespace

void fill(Cuda device, const Tensor& t, double value) {
  visit_float(t.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({t}, kLanes<T>, true),
                               Fill<T>{t.data<T>(), T(static_cast<acc_t<T>>(value))});
  });
}

void cast_into(Cuda device, const Tensor& from, const Tensor& to, bool accumulate) {
  visit_stored_float(from.dtype(), [&]<class From>() {
    visit_stored_float(to.dtype(), [&]<class To>() {
      if (accumulate)
        cast_rows<From, To, true>(device, from, to);
      else
        cast_rows<From, To, false>(device, from, to);
    });
  });
}

void add(Cuda device, const Tensor& a, const Tensor& b, const Tensor& y) {
  binary<Add>(device, a, b, y);
}

void multiply(Cuda device, const Tensor& a, const Tensor& b, const Tensor& y) {
  binary<Multiply>(device, a, b, y);
}

void scale(Cuda device, const Tensor& a, double factor, const Tensor& y) {
  visit_float(a.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({a, y}, kLanes<T>, true),
                               Scale<T>{a.data<T>(), static_cast<acc_t<T>>(factor), y.data<T>()});
  });
}

void scale(Cuda device, const Tensor& a, const Tensor& factor, const Tensor& y) {
  visit_float(a.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({a, y}, kLanes<T>, true),
                               ScaleByTensor<T>{a.data<T>(), factor.data<acc_t<T>>(), y.data<T>()});
  });
}

}  // namespace hone::kernels
