// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/dropout/dropout.h"

#include <vector>

namespace hone::kernels {

DropoutStream DropoutStream::of(uint64_t seed, std::string_view path, uint64_t pass) {
  const std::vector<int64_t> values{static_cast<int64_t>(seed), static_cast<int64_t>(pass)};
  return {Tensor::of(values, {2}), hash_path(path)};
}

Tensor dropout(const Tensor& x, double p, const DropoutStream& stream) {
  check(p >= 0 && p < 1, "dropout: probability ", p, " is not in [0, 1)");
  check(x.is_contiguous(), "dropout: x ", x.shape(), " must be contiguous");
  const Tensor& key = stream.seed_and_pass;
  check(
      key.defined() && key.shape() == Shape{2} && key.dtype() == DType::i64 && key.is_contiguous(),
      "dropout: the stream needs seed and pass, int64 [2], has ", key.shape(), " ",
      name_of(key.dtype()));
  const Tensor y = Tensor::empty_like(x);
  visit_device(x.device(), [&](auto device) { dropout(device, x, p, stream, y); });
  return y;
}

Cost dropout_cost(int64_t n, DType t) {
  const double elements = static_cast<double>(n);
  return {2 * elements * size_of(t), 2 * elements};
}

}  // namespace hone::kernels
