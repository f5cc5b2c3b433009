// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Writing safetensors files: what SafetensorsFile reads, byte for byte the same for the same input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/file.h"
#include "data/safetensors_header.h"
#include "tensor/tensor.h"

namespace hone {

// What transformers wants to see before it loads a file.
inline const SafetensorsMetadata kPytorchMetadata = {{"format", "pt"}};

// A tensor to be written: everything but its bytes.
struct TensorSpec {
  std::string name;
  StoredType type = StoredType::f32;
  Shape shape;
};

// Size of its data. Errors: kInternal if the last byte is not whole.
int64_t bytes_of(const TensorSpec& spec);

// A tensor together with its bytes, which the caller keeps alive.
struct NamedBytes {
  TensorSpec spec;
  std::span<const std::byte> bytes;
};

// Requires: contiguous, on the CPU. The bytes live as long as the tensor's.
NamedBytes named_bytes(std::string name, const Tensor& tensor);

// One file, tensor by tensor in any order, so that none but the one being written need exist. Wider
// types come first in the file, then names in order: every tensor is aligned to its element size.
// The file appears under its name at commit() (AtomicFile).
class SafetensorsWriter {
 public:
  // Errors: kInternal for a repeated or reserved name; kDisk.
  SafetensorsWriter(const std::string& path, const std::vector<TensorSpec>& tensors,
                    const SafetensorsMetadata& metadata = kPytorchMetadata);

  // Requires: the tensor was announced, was not written before, and has this many bytes.
  void write(std::string_view name, std::span<const std::byte> bytes);

  bool complete() const { return written_ == slots_.size(); }

  // Requires: complete(). Errors: kDisk.
  void commit();

 private:
  struct Slot {
    int64_t offset, nbytes;
    bool written = false;
  };

  std::string layout(const std::vector<TensorSpec>& tensors, const SafetensorsMetadata& metadata);

  AtomicFile file_;
  std::map<std::string, Slot, std::less<>> slots_;
  size_t written_ = 0;
};

// SafetensorsWriter for tensors that all exist.
void write_safetensors(const std::string& path, const std::vector<NamedBytes>& tensors,
                       const SafetensorsMetadata& metadata = kPytorchMetadata);

}  // namespace hone
