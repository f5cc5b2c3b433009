// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The weights of a model directory: model.safetensors, or model.safetensors.index.json and the
// shards it names.
//
// A directory is a download and not trusted. Shards are plain names of regular files in the
// directory; a symlink may lead only to another file of it, or, in a Hugging Face cache, to
// ../../blobs/<hash>. Index and shards must agree on every tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/safetensors.h"
#include "tensor/tensor.h"

namespace hone {

inline constexpr const char* kSingleFileName = "model.safetensors";
inline constexpr const char* kIndexFileName = "model.safetensors.index.json";

// Tensor name -> file name.
using WeightMap = std::map<std::string, std::string, std::less<>>;

// The weight_map of an index file's text. Errors: kModel, naming `name`, also for a file name that
// is anything but a plain *.safetensors name.
WeightMap parse_weight_map(std::string_view text, const std::string& name);

class ModelFiles {
 public:
  // Opens and checks all files; where both kinds exist they must list the same tensors, and
  // model.safetensors is read, as transformers does.
  // Errors: kModel, naming the file and what is wrong with it; kDisk.
  static ModelFiles open(const std::string& directory);

  const std::string& directory() const { return directory_; }
  const std::vector<SafetensorsFile>& files() const { return files_; }
  // Tensor name -> index in files().
  const std::map<std::string, size_t, std::less<>>& tensors() const { return tensors_; }

  bool contains(std::string_view name) const;
  // Errors: kModel when there is no such tensor.
  const SafetensorsFile& file_of(std::string_view name) const;
  const StoredTensor& info(std::string_view name) const { return file_of(name).info(name); }

  // As SafetensorsFile::read.
  void read(std::string_view name, std::span<std::byte> destination, int64_t begin = 0) const {
    file_of(name).read(name, destination, begin);
  }

 private:
  std::string directory_;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, size_t, std::less<>> tensors_;
};

// As load_tensor of a file.
inline Tensor load_tensor(const ModelFiles& model, std::string_view name) {
  return load_tensor(model.file_of(name), name);
}

}  // namespace hone
