// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Configuration before anything is known about its keys: a tree of scalars, lists and maps in which
// every node remembers where the user wrote it.
//
// A scalar keeps its text; what it means depends on the key that it belongs to. The readers below
// define that meaning. They follow what PyYAML followed by pydantic makes of the same text, so that
// a file means the same here as in the Python programs whose key names we share:
//
//   boolean   true/false, yes/no, on/off, y/n, t/f, 1/0 in any case, quoted or not
//   integer   decimal digits, '_' between them allowed (1_000); 40.0 is the integer 40; 1e3 is not
//   number    an integer, or a decimal fraction with or without exponent: 2e-4, 2.0e-4, 1_000.5
//   null      nothing, ~ or null: the key counts as not given
//
// Octal, hexadecimal, base-60 and infinite numbers are none of these: they are rejected, never
// reinterpreted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// Where something was written.
struct SourcePosition {
  std::string source;  // file name as the user gave it, or "command line argument 3"
  int64_t line = 0;    // 1-based; 0 on the command line
  int64_t column = 0;  // 1-based, in bytes; 0 on the command line

  bool in_file() const { return line > 0; }
  bool operator==(const SourcePosition&) const = default;
  std::string str() const;  // "train.yaml:3:9" or "command line argument 3"
};

struct ConfigEntry;

struct ConfigValue {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  SourcePosition at;
  std::string text;                  // kScalar, without its quotes
  std::vector<ConfigValue> items;    // kList
  std::vector<ConfigEntry> entries;  // kMap, in the order written; keys are unique

  bool is_null() const { return kind == Kind::kNull; }

  // The value of `key` in a map, or nullptr.
  const ConfigValue* find(std::string_view key) const;

  // What was found, for error messages: "'fast'", "a list", "a map", "nothing".
  std::string describe() const;

  // True for values that switch something off: null, false, 0, an empty list, map or string.
  bool is_off() const;
};

struct ConfigEntry {
  std::string key;
  SourcePosition at;  // of the key
  ConfigValue value;
};

// The readers of scalar text described above; nullopt where the text is something else.
std::optional<bool> read_boolean(std::string_view text);
std::optional<int64_t> read_integer(std::string_view text);
std::optional<double> read_number(std::string_view text);
// Bytes: an integer, or a number followed by a unit: KB, MB, GB, TB (powers of 1000) or KiB, MiB,
// GiB, TiB (powers of 1024), in any case and with or without a space between. Above 0.
std::optional<int64_t> read_byte_size(std::string_view text);

}  // namespace hone
