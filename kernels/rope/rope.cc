// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rope/rope.h"

#include <numeric>

namespace hone::kernels {

RotaryTable rotary_table(const Tensor& positions, std::span<const double> inv_freq,
                         std::span<const int64_t> mrope_section, DType model_dtype) {
  const int64_t half = static_cast<int64_t>(inv_freq.size());
  check(positions.dtype() == DType::i32 && positions.is_contiguous(),
        "rotary_table: positions must be contiguous int32, got ", name_of(positions.dtype()));
  check(positions.rank() == 1 ||
            (positions.rank() == 2 && positions.dim(0) == 3 && !mrope_section.empty()),
        "rotary_table: positions ", positions.shape(), " must be [N]",
        mrope_section.empty() ? "" : " or [3, N]");
  if (!mrope_section.empty())
    check(mrope_section.size() == 3 &&
              std::accumulate(mrope_section.begin(), mrope_section.end(), int64_t{0}) == half,
          "rotary_table: mrope_section must be three numbers with sum ", half,
          ", half the rotary dimension");
  const Shape shape = {positions.dim(-1), half};
  const DType dtype = accumulator_dtype(model_dtype);
  const RotaryTable table = {Tensor::empty(shape, dtype, positions.device()),
                             Tensor::empty(shape, dtype, positions.device())};
  visit_device(positions.device(), [&](auto device) {
    rotary_table(device, positions, inv_freq, mrope_section, model_dtype, table);
  });
  return table;
}

Cost rotary_table_cost(int64_t n, int64_t rotary_dim, DType model_dtype) {
  const double angles = static_cast<double>(n) * static_cast<double>(rotary_dim) / 2;
  return {4.0 * static_cast<double>(n) + 2 * angles * size_of(accumulator_dtype(model_dtype)),
          3 * angles};
}

}  // namespace hone::kernels
