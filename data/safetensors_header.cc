// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "data/json_events.h"
#include "data/printable.h"

namespace hone {
namespace {

constexpr int64_t kLengthBytes = 8;
constexpr const char* kRemedy = "; the file is damaged: fetch it again, or save it anew";
constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();

// Reads the header without building a tree of JSON values: each one is checked as it comes, so
// memory stays in proportion to the tensors declared, whatever the header holds.
class HeaderReader : public JsonEvents {
 public:
  using JsonEvents::JsonEvents;

  bool null() { unexpected("null"); }
  bool boolean(bool v) { unexpected(v ? "true" : "false"); }
  bool number_integer(int64_t v) { unexpected(std::to_string(v)); }  // negative ones only
  bool number_unsigned(uint64_t v);
  bool number_float(double, const std::string& text) { unexpected(printable(text, 40)); }
  bool string(const std::string& v);
  bool binary(const Json::binary_t&) { return false; }  // never sent for text
  bool start_object(size_t);
  bool key(const std::string& name);
  bool end_object();
  bool start_array(size_t);
  bool end_array();

  SafetensorsHeader take() { return std::move(header_); }

 private:
  enum class Inside { kNothing, kHeader, kMetadata, kTensor, kShape, kOffsets };
  enum class Field { kNone, kType, kShape, kOffsets };

  std::string where() const;
  std::string expectation() const;
  [[noreturn]] void unexpected(const std::string& found) const {
    reject(where(), "expected ", expectation(), ", found ", found);
  }
  void begin_field(const std::string& name);
  void finish_tensor();

  SafetensorsHeader header_;
  Inside inside_ = Inside::kNothing;
  bool has_metadata_ = false;
  std::string name_;            // last key of the header, or of the metadata inside of that
  Field field_ = Field::kNone;  // last key of the tensor
  std::optional<StoredType> type_;
  std::optional<Shape> shape_;
  std::optional<std::vector<int64_t>> offsets_;
};

std::string HeaderReader::where() const {
  static constexpr const char* kField[] = {"", "dtype: ", "shape: ", "data_offsets: "};
  switch (inside_) {
    case Inside::kNothing:
    case Inside::kHeader:
      return name_.empty() ? "" : quote(name_) + ": ";
    case Inside::kMetadata:
      return "__metadata__: " + (name_.empty() ? "" : quote(name_) + ": ");
    default:
      return "tensor " + quote(name_) + ": " + kField[static_cast<int>(field_)];
  }
}

std::string HeaderReader::expectation() const {
  switch (inside_) {
    case Inside::kNothing:
      return "an object";
    case Inside::kHeader:
      return name_ == "__metadata__" ? "an object of strings"
                                     : "an object with dtype, shape and data_offsets";
    case Inside::kMetadata:
      return "a string";
    case Inside::kShape:
      return "at most " + std::to_string(Shape::kMaxRank) + " dimensions, each an integer from 0";
    case Inside::kOffsets:
      return "two byte offsets, each an integer from 0";
    case Inside::kTensor:
      break;
  }
  if (field_ == Field::kType) return "the name of a type, such as \"F32\"";
  if (field_ == Field::kShape) return "an array of dimensions";
  return "an array of two byte offsets";
}

bool HeaderReader::number_unsigned(uint64_t v) {
  const bool fits = v <= static_cast<uint64_t>(kMaxInt64);
  if (inside_ == Inside::kShape && fits && shape_->rank() < Shape::kMaxRank)
    shape_->push_back(static_cast<int64_t>(v));
  else if (inside_ == Inside::kOffsets && fits && offsets_->size() < 2)
    offsets_->push_back(static_cast<int64_t>(v));
  else
    unexpected(std::to_string(v));
  return true;
}

bool HeaderReader::string(const std::string& v) {
  if (inside_ == Inside::kMetadata) {
    header_.metadata[name_] = v;
  } else if (inside_ == Inside::kTensor && field_ == Field::kType) {
    type_ = stored_type_named(v);
    if (!type_) reject(where(), "unknown type ", quote(v, 40));
  } else {
    unexpected(quote(v, 40));
  }
  return true;
}

bool HeaderReader::start_object(size_t) {
  if (inside_ == Inside::kNothing) {
    inside_ = Inside::kHeader;
  } else if (inside_ == Inside::kHeader && name_ == "__metadata__") {
    inside_ = Inside::kMetadata;
    name_.clear();
  } else if (inside_ == Inside::kHeader) {
    inside_ = Inside::kTensor;
    field_ = Field::kNone;
    type_.reset();
    shape_.reset();
    offsets_.reset();
  } else {
    unexpected("an object");
  }
  return true;
}

bool HeaderReader::key(const std::string& name) {
  if (inside_ == Inside::kTensor) {
    begin_field(name);
    return true;
  }
  bool is_new;
  if (inside_ == Inside::kMetadata)
    is_new = header_.metadata.find(name) == header_.metadata.end();
  else if (name == "__metadata__")
    is_new = !std::exchange(has_metadata_, true);
  else
    is_new = header_.tensors.find(name) == header_.tensors.end();
  if (!is_new)
    reject(inside_ == Inside::kMetadata ? "__metadata__: duplicate key " : "duplicate tensor name ",
           quote(name));
  name_ = name;
  return true;
}

void HeaderReader::begin_field(const std::string& name) {
  field_ = Field::kNone;
  const bool repeated = (name == "dtype" && type_) || (name == "shape" && shape_) ||
                        (name == "data_offsets" && offsets_);
  if (repeated) reject(where(), "duplicate key ", quote(name));
  if (name == "dtype")
    field_ = Field::kType;
  else if (name == "shape")
    field_ = Field::kShape;
  else if (name == "data_offsets")
    field_ = Field::kOffsets;
  else
    reject(where(), "unknown key ", quote(name), ", expected dtype, shape and data_offsets");
}

bool HeaderReader::end_object() {
  if (inside_ == Inside::kTensor) finish_tensor();
  inside_ = inside_ == Inside::kHeader ? Inside::kNothing : Inside::kHeader;
  return true;
}

bool HeaderReader::start_array(size_t) {
  if (inside_ == Inside::kTensor && field_ == Field::kShape) {
    shape_.emplace();
    inside_ = Inside::kShape;
  } else if (inside_ == Inside::kTensor && field_ == Field::kOffsets) {
    offsets_.emplace();
    inside_ = Inside::kOffsets;
  } else {
    unexpected("an array");
  }
  return true;
}

bool HeaderReader::end_array() {
  if (inside_ == Inside::kOffsets && offsets_->size() != 2)
    unexpected(std::to_string(offsets_->size()));
  inside_ = Inside::kTensor;
  return true;
}

// All three fields are here; do they agree? Offsets still count from the beginning of the data.
void HeaderReader::finish_tensor() {
  field_ = Field::kNone;
  for (const auto& [present, name] :
       {std::pair(type_.has_value(), "dtype"), std::pair(shape_.has_value(), "shape"),
        std::pair(offsets_.has_value(), "data_offsets")})
    if (!present) reject(where(), "expected the key ", name);
  int64_t bits = 1;
  bool overflow = false;
  for (const int64_t extent : *shape_) overflow |= __builtin_mul_overflow(bits, extent, &bits);
  overflow |= __builtin_mul_overflow(bits, bits_of(*type_), &bits);
  if (overflow) reject(where(), "shape ", *shape_, " has more bytes than any file");
  if (bits % 8 != 0)
    reject(where(), name_of(*type_), " of shape ", *shape_, " does not end at a whole byte");
  const int64_t begin = (*offsets_)[0], end = (*offsets_)[1];
  if (end < begin)
    reject(where(), "data_offsets: expected begin <= end, found [", begin, ", ", end, "]");
  if (end - begin != bits / 8)
    reject(where(), "data_offsets: expected ", bits / 8, " bytes for ", name_of(*type_),
           " of shape ", *shape_, ", found ", end - begin);
  header_.tensors.emplace(name_, StoredTensor{*type_, *shape_, begin, bits / 8});
}

// Checks that the tensors tile the data without hole, overlap or rest.
void check_coverage(const StoredTensors& tensors, int64_t data_bytes, const std::string& name) {
  std::vector<StoredTensors::const_iterator> order;
  for (auto t = tensors.begin(); t != tensors.end(); ++t) order.push_back(t);
  std::sort(order.begin(), order.end(), [](auto a, auto b) {
    return std::tuple(a->second.offset, a->second.nbytes, std::string_view(a->first)) <
           std::tuple(b->second.offset, b->second.nbytes, std::string_view(b->first));
  });
  int64_t end = 0;
  std::string before = "the data begins";
  for (const auto t : order) {
    if (t->second.offset != end)
      fail(ErrorCode::kModel, name, ": tensor ", quote(t->first),
           ": data_offsets: ", t->second.offset < end ? "overlap" : "hole", ": begins at byte ",
           t->second.offset, " of the data, expected ", end, ", where ", before, kRemedy);
    end += t->second.nbytes;
    before = quote(t->first) + " ends";
  }
  if (end != data_bytes)
    fail(ErrorCode::kModel, name, ": expected ", end, " bytes of data, found ", data_bytes,
         end > data_bytes ? "; the file is incomplete: fetch it again"
                          : "; nothing may follow the last tensor");
}

}  // namespace

int64_t safetensors_header_bytes(std::span<const std::byte> beginning, int64_t file_bytes,
                                 const std::string& name) {
  if (file_bytes < kLengthBytes)
    fail(ErrorCode::kModel, name, ": ", file_bytes, " bytes, expected at least ", kLengthBytes,
         ", the length of a safetensors header; is the download complete?");
  check(static_cast<int64_t>(beginning.size()) >= kLengthBytes, "safetensors: ", beginning.size(),
        " bytes of the beginning of ", name);
  const auto* text = reinterpret_cast<const char*>(beginning.data());
  if (std::string_view(text, kLengthBytes) == "version ")
    fail(ErrorCode::kModel, name, ": a Git LFS pointer, expected a safetensors file; fetch the ",
         "weights themselves (git lfs pull)");
  uint64_t length = 0;
  for (int i = kLengthBytes - 1; i >= 0; --i) length = length << 8 | static_cast<uint8_t>(text[i]);
  if (length > static_cast<uint64_t>(kMaxSafetensorsHeaderBytes))
    fail(ErrorCode::kModel, name, ": byte 0: header length ", length, ", expected at most ",
         kMaxSafetensorsHeaderBytes, "; is this a safetensors file?");
  if (static_cast<int64_t>(length) > file_bytes - kLengthBytes)
    fail(ErrorCode::kModel, name, ": byte 0: header length ", length, ", but only ",
         file_bytes - kLengthBytes, " bytes follow; is the download complete?");
  return static_cast<int64_t>(length);
}

SafetensorsHeader parse_safetensors_header(std::string_view json, int64_t data_bytes,
                                           const std::string& name) {
  if (!json.starts_with('{'))
    fail(ErrorCode::kModel, name, ": byte ", kLengthBytes, ": expected a header beginning with {, ",
         "found ", json.empty() ? "an empty one" : quote(json.substr(0, 1)));
  const JsonSource source{name + ": header", ErrorCode::kModel};
  HeaderReader reader(json, source);
  try {
    parse_json_events(reader);
  } catch (const Error& e) {
    fail(e.code(), e.what(), kRemedy);
  }
  SafetensorsHeader header = reader.take();
  check_coverage(header.tensors, data_bytes, name);
  const int64_t data_begin = kLengthBytes + static_cast<int64_t>(json.size());
  for (auto& [_, tensor] : header.tensors) tensor.offset += data_begin;
  return header;
}

SafetensorsHeader parse_safetensors(std::span<const std::byte> file, const std::string& name) {
  const auto bytes = static_cast<int64_t>(file.size());
  const int64_t length = safetensors_header_bytes(file, bytes, name);
  const auto* text = reinterpret_cast<const char*>(file.data()) + kLengthBytes;
  return parse_safetensors_header({text, static_cast<size_t>(length)},
                                  bytes - kLengthBytes - length, name);
}

}  // namespace hone
