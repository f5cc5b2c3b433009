// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What bench_train measures: a model, what of it trains, and a batch.
#pragma once

#include <string>
#include <vector>

#include "models/load_model.h"

namespace hone::kernels::bench {

enum class TrainMode { full, lora, qlora };
const char* name_of(TrainMode mode);

struct TrainModel {
  std::string name;  // "quickstart"
  ModelConfig config;
  int64_t documents;  // in a batch
  int64_t tokens;     // in each of them
  std::vector<TrainMode> modes;
  Device device = kCpu;
  DType dtype = DType::f32;
  bool recompute = false;  // gradient checkpointing
};

// CPU, f32: the quickstart preset, and one of width 512 with 8 layers, 16 experts and 32,000 tokens.
// GPU, bf16, 8 documents of 2,048 tokens: Qwen3.5-0.8B, Qwen3.5-9B, and, with gradient checkpointing,
// Qwen3.5-35B-A3B.
std::vector<TrainModel> train_models(Device device);

// Adapters of rank 16 are on all linears and on both stacks of experts; qlora keeps the frozen
// matrices as NF4.
LoadOptions load_options(const TrainModel& model, TrainMode mode);

// Ids drawn evenly from the vocabulary, the same in every run; every token but the last of a
// document is followed by a label.
std::vector<int64_t> train_ids(const TrainModel& model);
Batch train_batch(const TrainModel& model);

// Operations of a step's matrix products, attention and delta rule, as their headers count them: no
// recomputation.
double step_flops(const TrainModel& model, const LoadedModel& loaded);

}  // namespace hone::kernels::bench
