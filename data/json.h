// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Strict JSON: parsing that accepts nothing ambiguous, getters that convert nothing silently.
//
// Rejected beyond what the grammar forbids: duplicate keys, nesting deeper than 128, NUL bytes,
// anything after the value. Invalid UTF-8, lone surrogates and numbers beyond the range of a double
// are errors as well. A parse error names file:line:column; a wrong value names the file and the
// path of the value in it, and line and column too where the source has the text:
//
//   config.json: $.text_config.hidden_size: expected an integer in [1, 1048576], found -3
//   rows.jsonl:17:34: $.messages[1].role: expected a string, found 5
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/json_object.h"
#include "tensor/check.h"

namespace hone {

// Objects keep the order of their members. Include <nlohmann/json.hpp> to work on it.
using Json = nlohmann::basic_json<JsonObject>;

inline constexpr int kMaxJsonDepth = 128;

// What a JSON text belongs to, for messages.
struct JsonSource {
  std::string name;                    // file name as the user knows it
  ErrorCode code = ErrorCode::kModel;  // of every error about it
  int64_t first_line = 1;              // number of the text's first line in that file
  int64_t first_column = 1;            // of the text's first character in that line
  std::shared_ptr<const std::string> text = nullptr;  // the parsed text, for places of values
};

// The integers that a getter accepts, ends included.
struct IntRange {
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};

// A value somewhere in a parsed text, together with its place. Shares ownership of the whole text's
// values: copies are cheap and never dangle. Members of objects come in the order of the text.
//
// Errors: every function here throws Error(source.code) when the value is not what it asks for.
class JsonValue {
 public:
  JsonValue(std::shared_ptr<const Json> value, std::shared_ptr<const JsonSource> source,
            std::string path);

  const Json& raw() const { return *value_; }
  const JsonSource& source() const { return *source_; }
  const std::string& path() const { return path_; }  // "$.layers[3].name"

  bool is_object() const;
  bool is_array() const;
  bool is_string() const;

  // This value as the named type. An integer is an acceptable double when it converts exactly; 1.0
  // is not an acceptable integer.
  int64_t as_int(IntRange range = {}) const;
  double as_double() const;
  bool as_bool() const;
  std::string as_string() const;

  // Arrays and objects.
  int64_t size() const;
  JsonValue at(int64_t index) const;
  JsonValue at(std::string_view key) const;
  std::optional<JsonValue> find(std::string_view key) const;  // nullopt when absent or null
  std::vector<JsonValue> elements() const;
  std::vector<std::pair<std::string, JsonValue>> members() const;

  // Members of this object: required, or with a value for absent (or null) keys.
  int64_t get_int(std::string_view key, IntRange range = {}) const;
  double get_double(std::string_view key) const;
  bool get_bool(std::string_view key) const;
  std::string get_string(std::string_view key) const;
  int64_t get_int_or(std::string_view key, int64_t otherwise, IntRange range = {}) const;
  double get_double_or(std::string_view key, double otherwise) const;
  bool get_bool_or(std::string_view key, bool otherwise) const;
  std::string get_string_or(std::string_view key, std::string otherwise) const;

  // "config.json", or "rows.jsonl:17:34" where the source has the text.
  std::string place() const;
  // "config.json: $.hidden_size": place and path.
  std::string where() const;

  // Throws "<where>: expected <expectation>, found <this value>", for callers' own rules.
  [[noreturn]] void reject(std::string_view expectation) const;

 private:
  JsonValue child(const Json& value, std::string path) const;

  std::shared_ptr<const Json> value_;  // aliases the root, so the root lives as long
  std::shared_ptr<const JsonSource> source_;
  std::string path_;
};

// Parses one JSON text. Errors: source.code.
JsonValue parse_json(std::string_view text, JsonSource source);

// Parses a JSON file of at most 1 GiB. Errors: `code`; kDisk on I/O errors.
JsonValue load_json(const std::string& path, ErrorCode code = ErrorCode::kModel);

}  // namespace hone
