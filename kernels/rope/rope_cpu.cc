// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/rope/rope.h"

namespace hone::kernels {
namespace {

// The axis that frequency j takes its position from: 0 time, 1 height, 2 width.
int64_t axis_of(int64_t j, std::span<const int64_t> section) {
  const int64_t turn = j % 3;
  return turn != 0 && j < 3 * section[static_cast<size_t>(turn)] ? turn : 0;
}

}  // namespace

template <Isa I>
void rotary_table(Cpu<I>, const Tensor& positions, std::span<const double> inv_freq,
                  std::span<const int64_t> mrope_section, DType model_dtype,
                  const RotaryTable& table) {
  visit_float(model_dtype, [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = table.cos.dim(0), half = table.cos.dim(1);
    const bool three_axes = positions.rank() == 2;
    const int32_t* position = positions.data<int32_t>();
    A *cos = table.cos.data<A>(), *sin = table.sin.data<A>();
    parallel_for(N, grain_for(40 * half), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        for (int64_t j = 0; j < half; ++j) {
          const int64_t axis = three_axes ? axis_of(j, mrope_section) : 0;
          const A angle = A(position[axis * N + n]) * A(inv_freq[static_cast<size_t>(j)]);
          cos[n * half + j] = A(T(std::cos(angle)));
          sin[n * half + j] = A(T(std::sin(angle)));
        }
    });
  });
}

template void rotary_table(Cpu<kIsa>, const Tensor&, std::span<const double>,
                           std::span<const int64_t>, DType, const RotaryTable&);

}  // namespace hone::kernels
