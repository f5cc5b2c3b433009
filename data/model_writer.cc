// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/model_writer.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "data/file.h"
#include "data/json.h"
#include "data/printable.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

std::string shard_name(size_t shard, size_t count) {
  if (count == 1) return kSingleFileName;
  char name[64];
  std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", shard + 1, count);
  return name;
}

}  // namespace

ModelWriter::ModelWriter(const std::string& directory, const std::vector<TensorSpec>& tensors,
                         int64_t shard_bytes, const SafetensorsMetadata& metadata)
    : directory_(directory) {
  plan(tensors, shard_bytes);
  make_directories(directory_);
  refuse_other_layout();
  for (size_t i = 0; i < shards_.size(); ++i)
    writers_.emplace_back((fs::path(directory_) / shard_name(i, shards_.size())).string(),
                          shards_[i], metadata);
}

void ModelWriter::plan(const std::vector<TensorSpec>& tensors, int64_t shard_bytes) {
  shards_.emplace_back();
  int64_t filled = 0;
  for (const TensorSpec& spec : tensors) {
    const int64_t bytes = bytes_of(spec);
    if (filled > 0 && filled + bytes > shard_bytes) {
      shards_.emplace_back();
      filled = 0;
    }
    const bool is_new = shard_of_.emplace(spec.name, shards_.size() - 1).second;
    check(is_new, "model writer: two tensors named ", quote(spec.name));
    shards_.back().push_back(spec);
    filled += bytes;
    total_bytes_ += bytes;
  }
}

void ModelWriter::refuse_other_layout() const {
  const char* other = shards_.size() == 1 ? kIndexFileName : kSingleFileName;
  std::error_code error;
  if (fs::exists(fs::symlink_status(fs::path(directory_) / other, error)))
    fail(ErrorCode::kUsage, printable(directory_, 4096), ": holds another model (", other,
         "), expected an empty directory; choose another one or remove that model");
}

void ModelWriter::write(std::string_view name, std::span<const std::byte> bytes) {
  const auto shard = shard_of_.find(name);
  check(shard != shard_of_.end(), "model writer: ", quote(name), " was not announced");
  writers_[shard->second].write(name, bytes);
}

void ModelWriter::commit() {
  for (const SafetensorsWriter& writer : writers_)
    check(writer.complete(), "model writer: not all tensors are written");
  for (SafetensorsWriter& writer : writers_) writer.commit();
  if (shards_.size() == 1) return;
  Json index = {{"metadata", {{"total_size", total_bytes_}}}, {"weight_map", Json::object()}};
  for (const auto& [name, shard] : shard_of_)
    index["weight_map"][name] = shard_name(shard, shards_.size());
  write_file((fs::path(directory_) / kIndexFileName).string(), index.dump(2) + "\n");
}

void write_model(const std::string& directory, const std::vector<NamedBytes>& tensors,
                 int64_t shard_bytes) {
  std::vector<TensorSpec> specs;
  for (const NamedBytes& t : tensors) specs.push_back(t.spec);
  ModelWriter writer(directory, specs, shard_bytes);
  for (const NamedBytes& t : tensors) writer.write(t.spec.name, t.bytes);
  writer.commit();
}

}  // namespace hone
