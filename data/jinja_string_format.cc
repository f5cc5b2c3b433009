// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// "..." % values and "...".format(values).
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "data/jinja_format.h"
#include "data/jinja_operators.h"

namespace hone::jinja {
namespace {

// One conversion: [flags][width][.precision]type.
struct Spec {
  bool left = false, zero = false, plus = false, space = false, alternate = false, center = false;
  bool comma = false, has_align = false;
  std::string fill = " ";
  int64_t width = 0;
  int64_t precision = -1;
  char type = '\0';
};

constexpr int64_t kMaxWidth = 100'000;

// Reads decimal digits at `at`.
int64_t read_number(std::string_view text, size_t& at) {
  int64_t value = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    value = value * 10 + (text[at++] - '0');
    if (value > kMaxWidth) throw Problem("format: a width beyond " + std::to_string(kMaxWidth));
  }
  return value;
}

void append_padded(TextBuilder& out, const Text& text, const Spec& spec, Budget& budget) {
  const int64_t missing = spec.width - count_code_points(text.bytes);
  budget.spend_string(static_cast<int64_t>(text.bytes.size()) + std::max<int64_t>(missing, 0));
  const int64_t before = missing <= 0 || spec.left ? 0 : spec.center ? missing / 2 : missing;
  for (int64_t i = 0; i < before; ++i) out.append(spec.fill);
  out.append(text);
  for (int64_t i = before; i < missing; ++i) out.append(spec.fill);
}

double to_double(const Value& v) {
  if (v.is<double>()) return std::get<double>(v.data());
  return static_cast<double>(as_integer(v, "format: the number"));
}

int64_t to_whole(const Value& v) {
  if (v.is<double>()) {
    const double d = std::get<double>(v.data());
    if (!(std::abs(d) < 9e18)) throw Problem("format: a number beyond 64 bits");
    return static_cast<int64_t>(d);
  }
  return as_integer(v, "format: the number");
}

std::string grouped(std::string digits) {
  const size_t whole = std::min(digits.find('.'), digits.size());
  for (size_t i = whole; i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string digits_of(uint64_t value, int base, bool upper) {
  char buffer[72];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, base).ptr;
  std::string text(buffer, end);
  if (upper) std::transform(text.begin(), text.end(), text.begin(), ::toupper);
  return text;
}

// A number's sign and digits, without padding.
std::pair<std::string, std::string> number_parts(const Value& value, const Spec& spec) {
  std::string digits;
  bool negative = false;
  if (std::string_view("dixXob").find(spec.type) != std::string_view::npos) {
    const int64_t whole = to_whole(value);
    negative = whole < 0;
    const uint64_t size =
        negative ? 0 - static_cast<uint64_t>(whole) : static_cast<uint64_t>(whole);
    const int base = spec.type == 'o' ? 8 : spec.type == 'b' ? 2 : 10;
    const bool hex = spec.type == 'x' || spec.type == 'X';
    digits = digits_of(size, hex ? 16 : base, spec.type == 'X');
    if (spec.alternate && spec.type != 'd' && spec.type != 'i')
      digits = std::string("0") + spec.type + digits;
    while (spec.precision > static_cast<int64_t>(digits.size())) digits.insert(0, "0");
  } else {
    double number = to_double(value);
    negative = std::signbit(number);
    number = std::abs(number);
    char type = spec.type == '%' ? 'f' : spec.type;
    if (spec.type == '%') number *= 100;
    const int64_t precision = spec.precision < 0 ? 6 : std::min<int64_t>(spec.precision, 300);
    const char pattern[] = {'%', '.', '*', type, '\0'};
    char buffer[700];
    const int n =
        std::snprintf(buffer, sizeof buffer, pattern, static_cast<int>(precision), number);
    digits.assign(buffer, static_cast<size_t>(n));
    if (spec.type == '%') digits += '%';
  }
  if (spec.comma) digits = grouped(digits);
  return {negative ? "-" : spec.plus ? "+" : spec.space ? " " : "", digits};
}

void append_number(TextBuilder& out, const Value& value, const Spec& spec, Budget& budget) {
  auto [sign, digits] = number_parts(value, spec);
  if (spec.zero && !spec.left) {
    const auto size = static_cast<int64_t>(sign.size() + digits.size());
    budget.spend_string(spec.width);
    if (spec.width > size) digits.insert(0, static_cast<size_t>(spec.width - size), '0');
  }
  TextBuilder text;
  text.append(sign + digits, value.origin());
  append_padded(out, text.take(), spec, budget);
}

Text shortened(const Text& text, int64_t precision) {
  return precision < 0 ? text : slice(text, 0, byte_offset(text.bytes, precision));
}

// The values for % in their order, or by name.
class PercentArguments {
 public:
  explicit PercentArguments(const Value& value) : value_(value) {
    is_tuple_ = value.is_list() && value.list().kind == ListKind::kTuple;
  }

  const Value& next() {
    if (is_tuple_) {
      if (at_ >= value_.list().items.size())
        throw Problem("not enough arguments for format string");
      return value_.list().items[at_++];
    }
    if (at_++ > 0) throw Problem("not enough arguments for format string");
    return value_;
  }
  const Value& named(std::string_view name) {
    if (!value_.is_map()) throw Problem("format requires a mapping");
    const Value* found = value_.map().find(name);
    if (!found) throw Problem("format: no value named '" + std::string(name) + "'");
    at_ = 1;
    return *found;
  }
  void finish() const {
    const size_t given = is_tuple_ ? value_.list().items.size() : value_.is_map() ? at_ : 1;
    if (at_ < given) throw Problem("not all arguments converted during string formatting");
  }

 private:
  const Value& value_;
  bool is_tuple_ = false;
  size_t at_ = 0;
};

void append_percent(TextBuilder& out, const Text& format, size_t& at, PercentArguments& arguments,
                    Budget& budget) {
  const std::string_view text = format.bytes;
  Spec spec;
  const Value* value = nullptr;
  if (at < text.size() && text[at] == '(') {
    const size_t end = text.find(')', at);
    if (end == std::string_view::npos) throw Problem("incomplete format key");
    value = &arguments.named(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  for (; at < text.size(); ++at) {
    if (text[at] == '-')
      spec.left = true;
    else if (text[at] == '0')
      spec.zero = true;
    else if (text[at] == '+')
      spec.plus = true;
    else if (text[at] == ' ')
      spec.space = true;
    else if (text[at] == '#')
      spec.alternate = true;
    else
      break;
  }
  spec.width = read_number(text, at);
  if (at < text.size() && text[at] == '.') spec.precision = read_number(text, ++at);
  if (at >= text.size()) throw Problem("incomplete format");
  spec.type = text[at++];
  if (spec.type == '%') return out.append("%");
  if (spec.type == 'u') spec.type = 'd';
  if (std::string_view("srdixXofFeEgGc").find(spec.type) == std::string_view::npos)
    throw Problem(std::string("unsupported format character '") + spec.type + "'");
  if (!value) value = &arguments.next();
  if (spec.type == 's' || (spec.type == 'c' && value->is_string())) {
    append_padded(out, shortened(to_text(*value, budget), spec.precision), spec, budget);
  } else if (spec.type == 'r') {
    TextBuilder shown;
    shown.append(repr(*value), value->origin());
    append_padded(out, shortened(shown.take(), spec.precision), spec, budget);
  } else {
    if (!value->is_number())
      throw Problem(std::string("%") + spec.type + " format: a number is required, not " +
                    type_name(*value));
    append_number(out, *value, spec, budget);
  }
}

// The part of a replacement field behind ":".
Spec parse_spec(std::string_view text) {
  Spec spec;
  size_t at = 0;
  const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  const size_t first = text.empty() ? 0 : byte_offset(text, 1);
  if (first > 0 && first < text.size() && is_align(text[first])) {
    spec.fill = text.substr(0, first);
    at = first;
  }
  if (at < text.size() && is_align(text[at])) {
    spec.has_align = true;
    spec.left = text[at] == '<';
    spec.center = text[at] == '^';
    ++at;
  }
  if (at < text.size() && (text[at] == '+' || text[at] == ' ' || text[at] == '-')) {
    spec.plus = text[at] == '+';
    spec.space = text[at] == ' ';
    ++at;
  }
  if (at < text.size() && text[at] == '#') spec.alternate = (++at, true);
  if (at < text.size() && text[at] == '0') spec.zero = (++at, true);
  spec.width = read_number(text, at);
  if (at < text.size() && text[at] == ',') spec.comma = (++at, true);
  if (at < text.size() && text[at] == '.') spec.precision = read_number(text, ++at);
  if (at < text.size()) spec.type = text[at++];
  if (at < text.size() || (spec.type != '\0' && std::string_view("sdxXobfFeEgG%").find(spec.type) ==
                                                    std::string_view::npos))
    throw Problem("invalid format specifier '" + std::string(text) + "'");
  return spec;
}

void append_field(TextBuilder& out, const Value& value, std::string_view spec_text,
                  Budget& budget) {
  Spec spec = parse_spec(spec_text);
  const bool number = value.is<int64_t>() || value.is<double>() ||
                      (value.is<bool>() && spec.type != '\0' && spec.type != 's');
  if (number && spec.type == '\0' && value.is<int64_t>()) spec.type = 'd';
  if (number && spec.type != '\0' && spec.type != 's') {
    append_number(out, value, spec, budget);
    return;
  }
  if (!value.is_string() && !spec_text.empty() && !number)
    throw Problem("unsupported format string passed to " + type_name(value) + ".__format__");
  if (!spec.has_align) spec.left = !number;
  append_padded(out, shortened(to_text(value, budget), number ? -1 : spec.precision), spec, budget);
}

// Finds the value that "name", "0", "name.attribute" or "name[key]" stands for.
Value field_value(std::string_view field, const Arguments& arguments, size_t& automatic,
                  Budget& budget) {
  const size_t name_end = std::min(field.find_first_of(".["), field.size());
  const std::string_view name = field.substr(0, name_end);
  Value value;
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) {
    size_t at = 0;
    const size_t index = name.empty() ? automatic++ : static_cast<size_t>(read_number(name, at));
    if (index >= arguments.positional.size())
      throw Problem("format: no argument at index " + std::to_string(index));
    value = arguments.positional[index];
  } else {
    const auto found = std::find_if(arguments.keywords.begin(), arguments.keywords.end(),
                                    [&](const auto& k) { return k.first == name; });
    if (found == arguments.keywords.end())
      throw Problem("format: no argument named '" + std::string(name) + "'");
    value = found->second;
  }
  field.remove_prefix(name_end);
  while (!field.empty()) {
    if (field[0] == '.') throw Problem("format: attributes of arguments cannot be used");
    const size_t end = field.find(']');
    if (field[0] != '[' || end == std::string_view::npos) throw Problem("format: bad field");
    const std::string key(field.substr(1, end - 1));
    size_t at = 0;
    const bool is_index = !key.empty() && key.find_first_not_of("0123456789") == std::string::npos;
    value = item(value, is_index ? Value(read_number(key, at)) : Value(key), budget);
    if (value.is_undefined()) throw Problem("format: " + value.undefined_message());
    field.remove_prefix(end + 1);
  }
  return value;
}

}  // namespace

Value format_percent(const Text& format, const Value& arguments, Budget& budget) {
  TextBuilder out;
  PercentArguments values(arguments);
  const std::string_view text = format.bytes;
  for (size_t at = 0; at < text.size();) {
    const size_t percent = std::min(text.find('%', at), text.size());
    out.append(format, at, percent);
    at = percent + 1;
    if (percent < text.size()) append_percent(out, format, at, values, budget);
    budget.spend_string(static_cast<int64_t>(out.size()) / 32);
  }
  values.finish();
  return out.take();
}

Value format_braces(const Text& format, const Arguments& arguments, Budget& budget) {
  TextBuilder out;
  size_t automatic = 0;
  const std::string_view text = format.bytes;
  for (size_t at = 0; at < text.size();) {
    const size_t brace = std::min(text.find_first_of("{}", at), text.size());
    out.append(format, at, brace);
    if (brace >= text.size()) break;
    if (brace + 1 < text.size() && text[brace + 1] == text[brace]) {
      out.append(format, brace, brace + 1);
      at = brace + 2;
      continue;
    }
    const size_t end = text.find('}', brace);
    if (text[brace] == '}' || end == std::string_view::npos)
      throw Problem("format: a single brace in the string");
    std::string_view field = text.substr(brace + 1, end - brace - 1);
    if (field.find('{') != std::string_view::npos)
      throw Problem("format: fields inside fields are not supported");
    const size_t colon = std::min(field.find(':'), field.size());
    std::string_view spec = colon < field.size() ? field.substr(colon + 1) : "";
    field = field.substr(0, colon);
    const size_t bang = field.find('!');
    const char conversion =
        bang == std::string_view::npos ? '\0' : field[std::min(bang + 1, field.size() - 1)];
    Value value = field_value(field.substr(0, bang), arguments, automatic, budget);
    if (conversion == 'r') value = repr(value);
    if (conversion == 's') value = to_text(value, budget);
    append_field(out, value, spec, budget);
    budget.spend_string(static_cast<int64_t>(out.size()) / 32);
    at = end + 1;
  }
  return out.take();
}

}  // namespace hone::jinja
