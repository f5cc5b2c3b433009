// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The rows of bench_kernels: each op of kernels/, forward and backward, at the sizes of a model.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "kernels/core/cost.h"
#include "models/config.h"
#include "tensor/tensor.h"

namespace hone::kernels::bench {

struct BenchCase {
  std::string op;        // where it is under kernels/: "rms_norm", "moe/route"
  std::string function;  // what is called
  std::string shape;     // "N=1024 C=512"
  Cost cost;
  // Makes the operands and returns the call to time, which owns them.
  std::function<std::function<void()>()> prepare;
};

// Where the sizes come from: one packed row of `tokens` in one layer of `model`. And its operands:
// the same numbers in every run.
struct BenchSizes {
  ModelConfig model;
  int64_t tokens = 0;
  DType dtype = DType::f32;  // of activations and weights: f32 or bf16
  Device device = kCpu;
  int64_t equal_documents = 0;  // in the row; 0: three, of about a half, a third and a sixth

  // Uniform in [-1, 1), times `scale`.
  Tensor values(const Shape& shape, DType t, double scale = 1) const;
  // Uniform in [0, below); i32 or i64.
  Tensor indices(const Shape& shape, int64_t below, DType t) const;
  Tensor zeros(const Shape& shape, DType t) const { return Tensor::zeros(shape, t, device); }
  Tensor empty(const Shape& shape, DType t) const { return Tensor::empty(shape, t, device); }
  template <class T>
  Tensor scalar(T value) const {
    return Tensor::scalar(value, device);
  }
  // cu_seqlens [documents + 1] i32, on the host and on the device.
  std::vector<int32_t> document_bounds() const;
  Tensor documents() const;
};

// The models that bench_kernels measures. CPU: the quickstart preset and one of width 512. GPU:
// Qwen3.5-35B-A3B.
std::vector<ModelConfig> bench_models(Device device);

// All rows, by folder of kernels/.
std::vector<BenchCase> all_cases(const BenchSizes& sizes);

// Its parts.
std::vector<BenchCase> elementwise_cases(const BenchSizes& sizes);  // one element or row at a time
std::vector<BenchCase> mixer_cases(const BenchSizes& sizes);        // attention and the delta rule
std::vector<BenchCase> decode_cases(const BenchSizes& sizes);       // their steps in generation
std::vector<BenchCase> projection_cases(const BenchSizes& sizes);   // products with dense weights
std::vector<BenchCase> moe_cases(const BenchSizes& sizes);
std::vector<BenchCase> storage_cases(const BenchSizes& sizes);  // 4 and 8 bits, the optimizer
std::vector<BenchCase> vision_cases(const BenchSizes& sizes);   // what only images need

// "N=1024 C=512", followed by the dtype's name.
std::string shape_text(std::initializer_list<std::pair<const char*, int64_t>> dims, DType dtype);

}  // namespace hone::kernels::bench
