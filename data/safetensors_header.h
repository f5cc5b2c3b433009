// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The header of a safetensors file: which tensors it holds, and where.
//
//   8 bytes   n, little-endian           at most 100,000,000
//   n bytes   JSON, beginning with '{'   {"w": {"dtype": "F32", "shape": [2, 3],
//                                               "data_offsets": [0, 24]}, ...,
//                                         "__metadata__": {"format": "pt"}}
//   the rest  data                       data_offsets count from its first byte
//
// Every byte of the data belongs to exactly one tensor: no holes, no overlaps, nothing behind the
// last one. Source: the safetensors format, https://github.com/huggingface/safetensors. Stricter
// than that package: duplicate names and keys, unknown keys of a tensor, "__metadata__": null and
// more than Shape::kMaxRank dimensions are errors here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "data/stored_type.h"
#include "tensor/shape.h"

namespace hone {

inline constexpr int64_t kMaxSafetensorsHeaderBytes = 100'000'000;

// One tensor of a file. nbytes is what shape and type say; it lies inside the file.
struct StoredTensor {
  StoredType type = StoredType::u8;
  Shape shape;
  int64_t offset = 0;  // of its first byte, from the beginning of the file
  int64_t nbytes = 0;
  bool operator==(const StoredTensor&) const = default;
};

using StoredTensors = std::map<std::string, StoredTensor, std::less<>>;
using SafetensorsMetadata = std::map<std::string, std::string, std::less<>>;

struct SafetensorsHeader {
  StoredTensors tensors;
  SafetensorsMetadata metadata;
  bool operator==(const SafetensorsHeader&) const = default;
};

// The header's length n from the first (up to) 8 bytes of a file of `file_bytes` bytes.
// `name` is shown in messages as it is.
// Errors: kModel, naming `name`, when these bytes cannot begin a safetensors file of that size.
int64_t safetensors_header_bytes(std::span<const std::byte> beginning, int64_t file_bytes,
                                 const std::string& name);

// Parses the n bytes of JSON of a file with `data_bytes` bytes of data.
// Errors: kModel, naming `name`, and line and column in the header or the tensor.
SafetensorsHeader parse_safetensors_header(std::string_view json, int64_t data_bytes,
                                           const std::string& name);

// Both steps for a whole file in memory.
SafetensorsHeader parse_safetensors(std::span<const std::byte> file, const std::string& name);

}  // namespace hone
