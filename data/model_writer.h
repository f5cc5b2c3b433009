// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Writing the weights of a model directory: what ModelFiles reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/checkpoint_files.h"
#include "data/safetensors_writer.h"

namespace hone {

inline constexpr int64_t kDefaultShardBytes = 5'000'000'000;

// Tensors fill shards in the order given, each up to `shard_bytes` of data (a larger tensor has one
// of its own). One shard is model.safetensors; more are model-0000i-of-0000n.safetensors, and an
// index. Tensors may be written in any order; nothing appears under its name before commit(), the
// index last.
class ModelWriter {
 public:
  // Makes the directory when it is not there.
  // Errors: kInternal for repeated names; kUsage when the directory holds a model in the other
  // layout, which readers would prefer or mix up; kDisk.
  ModelWriter(const std::string& directory, const std::vector<TensorSpec>& tensors,
              int64_t shard_bytes = kDefaultShardBytes,
              const SafetensorsMetadata& metadata = kPytorchMetadata);

  // As SafetensorsWriter::write.
  void write(std::string_view name, std::span<const std::byte> bytes);

  // Requires: all tensors are written. Errors: kDisk.
  void commit();

 private:
  void plan(const std::vector<TensorSpec>& tensors, int64_t shard_bytes);
  void refuse_other_layout() const;

  std::string directory_;
  std::vector<std::vector<TensorSpec>> shards_;
  std::deque<SafetensorsWriter> writers_;
  std::map<std::string, size_t, std::less<>> shard_of_;
  int64_t total_bytes_ = 0;
};

// ModelWriter for tensors that all exist.
void write_model(const std::string& directory, const std::vector<NamedBytes>& tensors,
                 int64_t shard_bytes = kDefaultShardBytes);

}  // namespace hone
