// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A safetensors file open for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/file.h"
#include "data/safetensors_header.h"
#include "tensor/tensor.h"

namespace hone {

// Opening reads and checks the header; data is touched only by the calls that ask for it. Safe for
// concurrent use.
class SafetensorsFile {
 public:
  // Errors: kModel for a file that is not exactly as data/safetensors_header.h says; kDisk.
  static SafetensorsFile open(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const StoredTensors& tensors() const { return header_.tensors; }
  const SafetensorsMetadata& metadata() const { return header_.metadata; }

  bool contains(std::string_view name) const;
  // Errors: kModel when there is no such tensor.
  const StoredTensor& info(std::string_view name) const;

  // Copies destination.size() bytes of a tensor, from its byte `begin` on, without mapping them:
  // a model loads in the memory it keeps plus one tensor.
  // Requires: the range lies inside the tensor. Errors: kModel for a file that has become shorter;
  // kDisk.
  void read(std::string_view name, std::span<std::byte> destination, int64_t begin = 0) const;

  // A tensor's bytes, mapped. They are valid as long as this object or a copy of it. Touching them
  // raises SIGBUS if the file has been truncated since, so prefer read() for files of others.
  std::span<const std::byte> bytes(std::string_view name) const;

 private:
  SafetensorsFile(InputFile file, SafetensorsHeader header);

  InputFile file_;
  SafetensorsHeader header_;
};

// A tensor on the CPU with the stored shape and dtype.
// Errors: kModel when it does not exist or its type has no DType (read() gives the bytes); kDisk;
// kOutOfMemory.
Tensor load_tensor(const SafetensorsFile& file, std::string_view name);

}  // namespace hone
