// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/elementwise.h"
#include "models/presets.h"
#include "tensor/random.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {

std::vector<ModelConfig> bench_models() {
  const ModelConfig quickstart = preset_config("quickstart");
  ModelConfig wide = quickstart;
  wide.vocab_size = 8192;
  wide.hidden_size = 512;
  wide.heads = 8;
  wide.head_dim = 64;
  wide.rotary = {.theta = 1e7, .dims = 16, .mrope_section = {3, 3, 2}};
  wide.delta_net = {
      .key_heads = 4, .value_heads = 8, .key_dim = 64, .value_dim = 64, .conv_kernel = 4};
  wide.moe.experts = 16;
  wide.moe.experts_per_token = 4;
  wide.moe.expert_width = 256;
  return {quickstart, wide};
}

std::vector<BenchCase> all_cases(const BenchSizes& sizes) {
  std::vector<BenchCase> all;
  for (auto part :
       {elementwise_cases, mixer_cases, decode_cases, projection_cases, moe_cases, storage_cases})
    for (BenchCase& c : part(sizes)) all.push_back(std::move(c));
  return all;
}

std::string shape_text(std::initializer_list<std::pair<const char*, int64_t>> dims, DType dtype) {
  std::string text;
  for (const auto& [name, size] : dims)
    text += std::string(name) + "=" + std::to_string(size) + " ";
  return text + name_of(dtype);
}

Tensor values(const Shape& shape, DType dtype, double scale) {
  const RandomStream random(0, shape.str());
  const Tensor x = Tensor::empty(shape, DType::f32);
  float* data = x.data<float>();
  for (int64_t i = 0; i < x.numel(); ++i)
    data[i] = static_cast<float>(scale) * (2 * random.uniform(static_cast<uint64_t>(i)) - 1);
  return dtype == DType::f32 ? x : cast(x, dtype);
}

Tensor indices(const Shape& shape, int64_t below, DType dtype) {
  const RandomStream random(1, shape.str());
  const Tensor x = Tensor::empty(shape, dtype);
  for (int64_t i = 0; i < x.numel(); ++i) {
    const int64_t index = random.bits(static_cast<uint64_t>(i)) % below;
    if (dtype == DType::i64)
      x.data<int64_t>()[i] = index;
    else
      x.data<int32_t>()[i] = static_cast<int32_t>(index);
  }
  return x;
}

Tensor three_documents(int64_t n) {
  const auto rows = static_cast<int32_t>(n);
  return Tensor::of(std::vector<int32_t>{0, rows / 2, rows / 2 + rows / 3, rows}, {4});
}

}  // namespace hone::kernels::bench
