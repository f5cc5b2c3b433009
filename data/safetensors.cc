// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <utility>

#include "data/printable.h"

namespace hone {

// Data is copied as it is stored, in little-endian order.
static_assert(std::endian::native == std::endian::little);

SafetensorsFile::SafetensorsFile(InputFile file, SafetensorsHeader header)
    : file_(std::move(file)), header_(std::move(header)) {}

SafetensorsFile SafetensorsFile::open(const std::string& path) {
  InputFile file = InputFile::open(path, ErrorCode::kModel);
  const std::string name = printable(path, 4096);
  std::array<std::byte, 8> beginning{};
  const int64_t read = std::min<int64_t>(file.size(), beginning.size());
  file.read(0, std::span(beginning).first(static_cast<size_t>(read)));
  const int64_t length = safetensors_header_bytes(beginning, file.size(), name);
  std::string json(static_cast<size_t>(length), '\0');
  file.read(8, std::as_writable_bytes(std::span(json)));
  SafetensorsHeader header = parse_safetensors_header(json, file.size() - 8 - length, name);
  return SafetensorsFile(std::move(file), std::move(header));
}

bool SafetensorsFile::contains(std::string_view name) const {
  return tensors().find(name) != tensors().end();
}

const StoredTensor& SafetensorsFile::info(std::string_view name) const {
  const auto found = tensors().find(name);
  if (found == tensors().end())
    fail(ErrorCode::kModel, printable(path(), 4096), ": expected a tensor ", quote(name),
         ", found none of that name among ", tensors().size());
  return found->second;
}

void SafetensorsFile::read(std::string_view name, std::span<std::byte> destination,
                           int64_t begin) const {
  const StoredTensor& tensor = info(name);
  const auto bytes = static_cast<int64_t>(destination.size());
  check(begin >= 0 && bytes <= tensor.nbytes && begin <= tensor.nbytes - bytes,
        "safetensors: ", bytes, " bytes at byte ", begin, " of ", quote(name), ", which has ",
        tensor.nbytes);
  file_.read(tensor.offset + begin, destination);
}

std::span<const std::byte> SafetensorsFile::bytes(std::string_view name) const {
  const StoredTensor& tensor = info(name);
  return file_.mapped().subspan(static_cast<size_t>(tensor.offset),
                                static_cast<size_t>(tensor.nbytes));
}

Tensor load_tensor(const SafetensorsFile& file, std::string_view name) {
  const StoredTensor& stored = file.info(name);
  const auto dtype = dtype_for(stored.type);
  if (!dtype)
    fail(ErrorCode::kModel, printable(file.path(), 4096), ": tensor ", quote(name),
         ": expected one of F64, F32, BF16, F16, I64, I32, U8, found ", name_of(stored.type));
  Tensor tensor = Tensor::empty(stored.shape, *dtype);
  file.read(name, {static_cast<std::byte*>(tensor.raw()), static_cast<size_t>(stored.nbytes)});
  return tensor;
}

}  // namespace hone
