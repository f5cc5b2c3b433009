// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/safetensors_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "data/json.h"
#include "data/printable.h"

namespace hone {
namespace {

constexpr int64_t kLengthBytes = 8;

// A JSON string. Errors: kInternal when `text` is not UTF-8.
std::string json_string(const std::string& text) {
  try {
    return Json(text).dump();
  } catch (const Json::type_error&) {
    fail(ErrorCode::kInternal, "safetensors: ", quote(text), " is not UTF-8");
  }
}

std::string json_of(const SafetensorsMetadata& metadata) {
  std::string json;
  for (const auto& [key, value] : metadata)
    json += (json.empty() ? "" : ",") + json_string(key) + ":" + json_string(value);
  return "{" + json + "}";
}

std::string json_of(const TensorSpec& spec, int64_t begin, int64_t end) {
  std::string shape;
  for (const int64_t extent : spec.shape)
    shape += (shape.empty() ? "" : ",") + std::to_string(extent);
  return json_string(spec.name) + ":{\"dtype\":\"" + std::string(name_of(spec.type)) +
         "\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(begin) + "," +
         std::to_string(end) + "]}";
}

// n and the header itself, padded with spaces so that the data begins at a multiple of 8.
std::string with_length(std::string json) {
  json.append((kLengthBytes - json.size() % kLengthBytes) % kLengthBytes, ' ');
  check(static_cast<int64_t>(json.size()) <= kMaxSafetensorsHeaderBytes, "safetensors: header of ",
        json.size(), " bytes; write fewer tensors into one file");
  std::string length(kLengthBytes, '\0');
  for (int i = 0; i < kLengthBytes; ++i) length[i] = static_cast<char>(json.size() >> (8 * i));
  return length + json;
}

}  // namespace

int64_t bytes_of(const TensorSpec& spec) {
  int64_t bits;
  check(!__builtin_mul_overflow(spec.shape.numel(), bits_of(spec.type), &bits) && bits % 8 == 0,
        "safetensors: ", name_of(spec.type), " of shape ", spec.shape, " for ", quote(spec.name));
  return bits / 8;
}

NamedBytes named_bytes(std::string name, const Tensor& tensor) {
  check(tensor.device() == kCpu && tensor.is_contiguous(), "safetensors: ", quote(name),
        " is not a contiguous tensor on the CPU");
  return {{std::move(name), stored_type_for(tensor.dtype()), tensor.shape()},
          {static_cast<const std::byte*>(tensor.raw()), static_cast<size_t>(tensor.nbytes())}};
}

SafetensorsWriter::SafetensorsWriter(const std::string& path,
                                     const std::vector<TensorSpec>& tensors,
                                     const SafetensorsMetadata& metadata)
    : file_(path) {
  file_.write(0, layout(tensors, metadata));
}

// Gives every tensor its place; returns the beginning of the file.
std::string SafetensorsWriter::layout(const std::vector<TensorSpec>& tensors,
                                      const SafetensorsMetadata& metadata) {
  std::vector<const TensorSpec*> order;
  for (const TensorSpec& spec : tensors) order.push_back(&spec);
  std::sort(order.begin(), order.end(), [](const TensorSpec* a, const TensorSpec* b) {
    return std::tuple(-bits_of(a->type), std::string_view(a->name)) <
           std::tuple(-bits_of(b->type), std::string_view(b->name));
  });
  std::string json = "{";
  if (!metadata.empty()) json += "\"__metadata__\":" + json_of(metadata);
  int64_t end = 0;
  for (const TensorSpec* spec : order) {
    check(spec->name != "__metadata__", "safetensors: a tensor cannot be named __metadata__");
    const int64_t begin = std::exchange(end, end + bytes_of(*spec));
    const bool is_new = slots_.emplace(spec->name, Slot{begin, end - begin}).second;
    check(is_new, "safetensors: two tensors named ", quote(spec->name));
    json += (json.size() > 1 ? "," : "") + json_of(*spec, begin, end);
  }
  std::string header = with_length(std::move(json) + "}");
  for (auto& [_, slot] : slots_) slot.offset += static_cast<int64_t>(header.size());
  return header;
}

void SafetensorsWriter::write(std::string_view name, std::span<const std::byte> bytes) {
  const auto slot = slots_.find(name);
  check(slot != slots_.end(), "safetensors: ", quote(name), " was not announced");
  check(!slot->second.written, "safetensors: ", quote(name), " written twice");
  check(static_cast<int64_t>(bytes.size()) == slot->second.nbytes, "safetensors: ", bytes.size(),
        " bytes for ", quote(name), ", expected ", slot->second.nbytes);
  file_.write(slot->second.offset, bytes);
  slot->second.written = true;
  ++written_;
}

void SafetensorsWriter::commit() {
  check(complete(), "safetensors: ", written_, " of ", slots_.size(), " tensors written");
  file_.commit();
}

void write_safetensors(const std::string& path, const std::vector<NamedBytes>& tensors,
                       const SafetensorsMetadata& metadata) {
  std::vector<TensorSpec> specs;
  for (const NamedBytes& t : tensors) specs.push_back(t.spec);
  SafetensorsWriter writer(path, specs, metadata);
  for (const NamedBytes& t : tensors) writer.write(t.spec.name, t.bytes);
  writer.commit();
}

}  // namespace hone
