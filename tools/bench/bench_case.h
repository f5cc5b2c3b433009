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

// Where the sizes come from: one packed row of `tokens` in one layer of `model`.
struct BenchSizes {
  ModelConfig model;
  int64_t tokens = 0;
  DType dtype = DType::f32;  // of activations and weights: f32 or bf16
};

// The models that bench_kernels measures: the quickstart preset and one of width 512.
std::vector<ModelConfig> bench_models();

// All rows, by folder of kernels/.
std::vector<BenchCase> all_cases(const BenchSizes& sizes);

// Its parts.
std::vector<BenchCase> elementwise_cases(const BenchSizes& sizes);  // one element or row at a time
std::vector<BenchCase> mixer_cases(const BenchSizes& sizes);        // attention and the delta rule
std::vector<BenchCase> decode_cases(const BenchSizes& sizes);       // their steps in generation
std::vector<BenchCase> projection_cases(const BenchSizes& sizes);   // products with dense weights
std::vector<BenchCase> moe_cases(const BenchSizes& sizes);
std::vector<BenchCase> storage_cases(const BenchSizes& sizes);  // 4 and 8 bits, the optimizer

// "N=1024 C=512", followed by the dtype's name.
std::string shape_text(std::initializer_list<std::pair<const char*, int64_t>> dims, DType dtype);

// Operands: the same numbers in every run. Values are uniform in [-1, 1), times `scale`.
Tensor values(const Shape& shape, DType dtype, double scale = 1);
// Uniform in [0, below); i32 or i64.
Tensor indices(const Shape& shape, int64_t below, DType dtype);
// [4] i32: n rows as three documents, of about a half, a third and a sixth.
Tensor three_documents(int64_t n);

}  // namespace hone::kernels::bench
