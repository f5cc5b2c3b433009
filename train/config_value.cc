// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "data/printable.h"

namespace hone {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The text without underscores and without a leading '+', when it has the form of a decimal number:
//   [+-] digits [. digits] [e [+-] digits]
// with at least one digit before or after the point and underscores only after a mantissa digit.
std::optional<std::string> normalized_decimal(std::string_view text) {
  std::string out;
  size_t i = 0;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) {
    if (text[i] == '-') out += '-';
    ++i;
  }
  const auto mantissa_digits = [&] {
    const size_t begin = out.size();
    for (; i < text.size() && (is_digit(text[i]) || (text[i] == '_' && out.size() > begin)); ++i)
      if (text[i] != '_') out += text[i];
    return out.size() - begin;
  };
  const size_t first = out.size();
  const size_t whole = mantissa_digits();
  if (whole > 1 && out[first] == '0') return std::nullopt;  // 010 is octal to YAML 1.1
  size_t fraction = 0;
  if (i < text.size() && text[i] == '.') {
    if (whole == 0) out += '0';
    out += text[i++];
    fraction = mantissa_digits();
    if (fraction == 0) out += '0';
  }
  if (whole + fraction == 0) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    out += text[i++];
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) out += text[i++];
    const size_t begin = i;
    for (; i < text.size() && is_digit(text[i]); ++i) out += text[i];
    if (i == begin) return std::nullopt;
  }
  if (i != text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::string SourcePosition::str() const {
  if (!in_file()) return source;
  return source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

const ConfigValue* ConfigValue::find(std::string_view key) const {
  for (const ConfigEntry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

std::string ConfigValue::describe() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kScalar:
      break;
  }
  return "'" + printable(text, 60) + "'";
}

bool ConfigValue::is_off() const {
  if (kind == Kind::kNull) return true;
  if (kind == Kind::kList) return items.empty();
  if (kind == Kind::kMap) return entries.empty();
  return text.empty() || read_boolean(text) == false || read_number(text) == 0.0;
}

std::optional<bool> read_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"true", "yes", "on", "y", "t", "1"};
  constexpr std::array<std::string_view, 6> kFalse = {"false", "no", "off", "n", "f", "0"};
  const std::string word = lower(text);
  if (std::find(kTrue.begin(), kTrue.end(), word) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), word) != kFalse.end()) return false;
  return std::nullopt;
}

std::optional<int64_t> read_integer(std::string_view text) {
  std::optional<std::string> digits = normalized_decimal(text);
  if (!digits || digits->find_first_of("eE") != std::string::npos) return std::nullopt;
  if (const size_t point = digits->find('.'); point != std::string::npos) {
    if (digits->find_first_not_of('0', point + 1) != std::string::npos) return std::nullopt;
    digits->resize(point);
  }
  int64_t value = 0;
  const char* end = digits->data() + digits->size();
  const auto [stop, error] = std::from_chars(digits->data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<double> read_number(std::string_view text) {
  const std::optional<std::string> digits = normalized_decimal(text);
  if (!digits) return std::nullopt;
  double value = 0;
  const char* end = digits->data() + digits->size();
  const auto [stop, error] = std::from_chars(digits->data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<int64_t> read_byte_size(std::string_view text) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr std::array<Unit, 10> kUnits = {{{"kib", 0x1p10},
                                            {"mib", 0x1p20},
                                            {"gib", 0x1p30},
                                            {"tib", 0x1p40},
                                            {"kb", 1e3},
                                            {"mb", 1e6},
                                            {"gb", 1e9},
                                            {"tb", 1e12},
                                            {"b", 1},
                                            {"", 1}}};
  const std::string word = lower(text);
  const Unit& unit = *std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const Unit& u) { return word.ends_with(u.name); });
  std::string_view digits = text.substr(0, text.size() - unit.name.size());
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  const std::optional<double> count = read_number(digits);
  constexpr double kMost = 0x1p62;
  if (!count || *count * unit.bytes < 1 || *count * unit.bytes > kMost) return std::nullopt;
  return static_cast<int64_t>(*count * unit.bytes);
}

}  // namespace hone
