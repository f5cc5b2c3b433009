// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/random_fill/random_fill.h"
#include "models/presets.h"
#include "tensor/random.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {

std::vector<ModelConfig> bench_models(Device device) {
  if (device.type == DeviceType::cuda) return {preset_config("Qwen3.5-35B-A3B")};
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
  for (auto part : {elementwise_cases, mixer_cases, decode_cases, projection_cases, moe_cases,
                    storage_cases, vision_cases})
    for (BenchCase& c : part(sizes)) all.push_back(std::move(c));
  return all;
}

std::string shape_text(std::initializer_list<std::pair<const char*, int64_t>> dims, DType dtype) {
  std::string text;
  for (const auto& [name, size] : dims)
    text += std::string(name) + "=" + std::to_string(size) + " ";
  return text + name_of(dtype);
}

Tensor BenchSizes::values(const Shape& shape, DType t, double scale) const {
  const Tensor x = empty(shape, t);
  fill_uniform(x, static_cast<float>(scale), RandomStream(0, shape.str()));
  return x;
}

Tensor BenchSizes::indices(const Shape& shape, int64_t below, DType t) const {
  const RandomStream random(1, shape.str());
  const Tensor x = Tensor::empty(shape, t);
  for (int64_t i = 0; i < x.numel(); ++i) {
    const int64_t index = random.bits(static_cast<uint64_t>(i)) % below;
    if (t == DType::i64)
      x.data<int64_t>()[i] = index;
    else
      x.data<int32_t>()[i] = static_cast<int32_t>(index);
  }
  return x.to(device);
}

std::vector<int32_t> BenchSizes::document_bounds() const {
  const auto rows = static_cast<int32_t>(tokens);
  if (equal_documents == 0) return {0, rows / 2, rows / 2 + rows / 3, rows};
  std::vector<int32_t> bounds;
  for (int64_t i = 0; i <= equal_documents; ++i)
    bounds.push_back(static_cast<int32_t>(tokens * i / equal_documents));
  return bounds;
}

Tensor BenchSizes::documents() const {
  const std::vector<int32_t> bounds = document_bounds();
  return Tensor::of(bounds, {static_cast<int64_t>(bounds.size())}, device);
}

}  // namespace hone::kernels::bench
