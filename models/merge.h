// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// An adapter written into the weights of its base model.
//
//   W' = W + scale * B A        of every linear, router and expert that has LoRA; with DoRA its rows
//                               have the lengths that the adapter gives them
//   W' = the adapter's own      of modules that were trained as a whole
//
// Computed in f32 and rounded once, to the type in which the base stores the tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/model_writer.h"
#include "tensor/quantized.h"

namespace hone {

struct MergeOptions {
  std::string model;    // a Hugging Face model directory
  std::string adapter;  // a PEFT adapter directory
  std::string out;      // the directory to write
  // The adapter was trained over weights in these 4 bits: W is what they stand for, as in training.
  std::optional<QuantType> quantise = {};
  int64_t shard_bytes = kDefaultShardBytes;
};

// Writes config.json and the weights, under the base's names of tensors; what a text model leaves
// out (vision tower, multi-token prediction) is copied. Memory: one parameter and what its LoRA adds.
// Errors: kModel, kDisk, kUsage as load_model and ModelWriter; kUsage where `out` is an input.
void merge_adapter(const MergeOptions& options);

}  // namespace hone
