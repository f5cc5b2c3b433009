// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_filters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>

#include "data/jinja_format.h"
#include "data/jinja_methods.h"
#include "data/jinja_operators.h"
#include "data/jinja_sequence_filters.h"
#include "data/printable.h"
#include "data/unicode.h"

namespace hone::jinja {
namespace {

// A text made of the whole of another.
Value whole(const Value& from, std::string bytes) {
  TextBuilder out;
  out.append(bytes, from.origin());
  return out.take();
}

Text paid_text(const Value& value, Budget& budget) {
  Text text = to_text(value, budget);
  budget.spend_text(text);
  return text;
}

Value trim(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "trim", {"chars"});
  const std::string chars = bound.is_none(0) ? "" : bound.string_or(0, "");
  const std::string_view view = chars;
  const Text text = paid_text(input, budget);
  const Borders b = strip_borders(text.bytes, true, true, bound.is_none(0) ? nullptr : &view);
  return slice(text, b.begin, b.end);
}

// Jinja's own title(): words start behind white space, "-", and opening brackets.
std::string title_words(std::string_view text) {
  std::string out, word;
  const auto flush = [&] {
    out += capitalize(word);
    word.clear();
  };
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text.data() + i);
    const std::string_view one = text.substr(i, static_cast<size_t>(c.bytes));
    if (is_python_space(c.value) || std::string_view("-({[<").find(one) != std::string_view::npos) {
      flush();
      out += one;
    } else {
      word += one;
    }
    i += static_cast<size_t>(c.bytes);
  }
  flush();
  return out;
}

Value to_json_filter(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "tojson", {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = bound.bool_or(0, false);
  style.sort_keys = bound.bool_or(3, false);
  if (!bound.is_none(1)) {
    const Value& indent = bound.get(1);
    style.indent = indent.is_string()
                       ? indent.text().bytes
                       : std::string(static_cast<size_t>(std::clamp<int64_t>(
                                         as_integer(indent, "tojson: indent"), 0, 1000)),
                                     ' ');
    style.item_separator = ",";
  }
  if (!bound.is_none(2)) {
    const std::vector<Value> both = elements(bound.get(2), budget);
    if (both.size() != 2 || !both[0].is_string() || !both[1].is_string())
      throw Problem("tojson: separators must be two strings");
    style.item_separator = both[0].text().bytes;
    style.key_separator = both[1].text().bytes;
  }
  return to_json(input, style, budget);
}

Value indent(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "indent", {"width", "first", "blank"});
  std::string by(4, ' ');
  if (bound.has(0))
    by = bound.get(0).is_string()
             ? bound.string_or(0, "")
             : std::string(
                   static_cast<size_t>(std::clamp<int64_t>(bound.integer_or(0, 4), 0, 1000)), ' ');
  const Text text = paid_text(input, budget);
  const bool blank = bound.bool_or(2, false);
  TextBuilder out;
  if (bound.bool_or(1, false)) out.append(by);
  for (size_t at = 0; at < text.bytes.size();) {
    const size_t end = text.bytes.find('\n', at);
    if (end == std::string::npos) {
      out.append(text, at, text.bytes.size());
      break;
    }
    out.append(text, at, end + 1);
    at = end + 1;
    const bool is_blank = at < text.bytes.size() ? text.bytes[at] == '\n' : true;
    if (blank || !is_blank) out.append(by);
    budget.spend_string(static_cast<int64_t>(by.size()) + 32);
    if (static_cast<int64_t>(out.size()) > kMaxOutputBytes) budget.spend_string(-1);
  }
  return out.take();
}

Value replace_filter(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "replace", {"old", "new", "count"});
  const std::string from = to_text(bound.get(0), budget).bytes;
  const int64_t count = bound.has(2) && !bound.get(2).is_none() ? bound.integer_or(2, -1) : -1;
  return replace_all(paid_text(input, budget), from, to_text(bound.get(1), budget), count, budget);
}

Value default_filter(const Value& input, const Arguments& arguments, Budget&) {
  const Bound bound(arguments, "default", {"default_value", "boolean"});
  const bool missing = input.is_undefined() || (bound.bool_or(1, false) && !truthy(input));
  return missing ? bound.get_or(0, "") : input;
}

// int("..."): white space around, a sign, digits with underscores; nullopt for anything else.
std::optional<int64_t> parse_int(std::string_view text, int base) {
  const Borders b = strip_borders(text, true, true);
  std::string digits(text.substr(b.begin, b.end - b.begin));
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.erase(0, 1);
  const std::string prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
  if (!prefix.empty() && digits.size() > 2 && lower(digits.substr(0, 2)) == prefix)
    digits.erase(0, 2);
  if (digits.find("__") != std::string::npos || digits.starts_with('_') || digits.ends_with('_'))
    return std::nullopt;
  std::erase(digits, '_');
  if (negative) digits.insert(0, "-");
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_float(std::string_view text) {
  const Borders b = strip_borders(text, true, true);
  std::string digits(text.substr(b.begin, b.end - b.begin));
  std::erase(digits, '_');
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.erase(0, 1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

Value int_filter(const Value& input, const Arguments& arguments, Budget&) {
  const Bound bound(arguments, "int", {"default", "base"});
  const Value otherwise = bound.get_or(0, int64_t{0});
  if (input.is_string()) {
    const auto base = static_cast<int>(std::clamp<int64_t>(bound.integer_or(1, 10), 2, 36));
    if (const auto whole = parse_int(input.text().bytes, base)) return *whole;
    if (const auto real = parse_float(input.text().bytes); real && std::abs(*real) < 9e18)
      return static_cast<int64_t>(*real);
    return otherwise;
  }
  if (input.is<double>()) {
    const double d = std::get<double>(input.data());
    return std::abs(d) < 9e18 ? Value(static_cast<int64_t>(d)) : otherwise;
  }
  if (input.is_undefined()) throw Problem(input.undefined_message());
  return input.is_number() ? Value(as_integer(input, "int")) : otherwise;
}

Value float_filter(const Value& input, const Arguments& arguments, Budget&) {
  const Bound bound(arguments, "float", {"default"});
  const Value otherwise = bound.get_or(0, 0.0);
  if (input.is_undefined()) throw Problem(input.undefined_message());
  if (input.is<double>()) return input;
  if (input.is_number()) return static_cast<double>(as_integer(input, "float"));
  if (!input.is_string()) return otherwise;
  const auto value = parse_float(input.text().bytes);
  return value ? Value(*value) : otherwise;
}

// round(x, n) as Python does it: the decimal nearest to x, ties by its exact value.
double round_common(double x, int64_t precision) {
  if (precision >= 0 && precision <= 22) {
    char buffer[400];
    std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(precision), x);
    return std::strtod(buffer, nullptr);
  }
  const double scale = std::pow(10.0, static_cast<double>(precision));
  return std::nearbyint(x * scale) / scale;
}

// The same for an integer, which stays one: to tens, hundreds, ..., ties to the even one.
int64_t round_integer(int64_t x, int64_t precision) {
  if (precision >= 0) return x;
  if (precision < -18) return 0;
  int64_t unit = 1;
  for (int64_t i = precision; i < 0; ++i) unit *= 10;
  const int64_t rest = ((x % unit) + unit) % unit, twice = rest - (unit - rest);
  const bool odd = (x / unit - (x < 0 && rest != 0)) % 2 != 0;  // of the units below x
  const bool up = twice > 0 || (twice == 0 && odd);
  int64_t rounded = 0;
  if (__builtin_add_overflow(x, up ? unit - rest : -rest, &rounded))
    throw Problem("round: a number beyond 64 bits");
  return rounded;
}

Value round_filter(const Value& input, const Arguments& arguments, Budget&) {
  const Bound bound(arguments, "round", {"precision", "method"});
  const int64_t precision = std::clamp<int64_t>(bound.integer_or(0, 0), -300, 300);
  const std::string method = bound.string_or(1, "common");
  if (!input.is_number()) throw Problem("round: expected a number, found " + type_name(input));
  if (method == "common" && !input.is<double>())
    return round_integer(as_integer(input, "round"), precision);
  const double x = input.is<double>() ? std::get<double>(input.data())
                                      : static_cast<double>(as_integer(input, "round"));
  if (!std::isfinite(x)) return x;
  const double scale = std::pow(10.0, static_cast<double>(precision));
  if (method == "ceil") return std::ceil(x * scale) / scale;
  if (method == "floor") return std::floor(x * scale) / scale;
  if (method != "common") throw Problem("round: method must be common, ceil or floor");
  return round_common(x, precision);
}

Value abs_filter(const Value& input, const Arguments&, Budget& budget) {
  if (!input.is_number()) throw Problem("abs: expected a number, found " + type_name(input));
  return compare("<", input, int64_t{0}, budget) ? negative(input) : positive(input);
}

Value center(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "center", {"width"});
  const Text text = paid_text(input, budget);
  return call_method(text, "center", {{bound.get_or(0, int64_t{80})}, {}}, budget);
}

Value truncate(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "truncate", {"length", "killwords", "end", "leeway"});
  const Text text = paid_text(input, budget);
  const int64_t length = bound.integer_or(0, 255);
  const std::string end = bound.string_or(2, "...");
  const int64_t leeway = bound.is_none(3) ? 5 : bound.integer_or(3, 5);
  const int64_t size = count_code_points(text.bytes), end_size = count_code_points(end);
  if (length < end_size) throw Problem("truncate: the length must be at least that of the end");
  if (size <= length + leeway) return text;
  size_t kept = byte_offset(text.bytes, length - end_size);
  if (!bound.bool_or(1, false)) {
    const size_t space = text.bytes.rfind(' ', kept == 0 ? 0 : kept - 1);
    if (kept > 0 && space != std::string::npos) kept = space;
  }
  TextBuilder out;
  out.append(text, 0, kept);
  out.append(end);
  return out.take();
}

Value word_count(const Value& input, const Arguments&, Budget& budget) {
  const Text text = paid_text(input, budget);
  int64_t words = 0;
  bool in_word = false;
  for (size_t i = 0; i < text.bytes.size();) {
    const CodePoint c = decode_utf8(text.bytes.data() + i);
    const bool letter = (CharTable::instance()[c.value] & kWord) != 0;
    words += letter && !in_word ? 1 : 0;
    in_word = letter;
    i += static_cast<size_t>(c.bytes);
  }
  return words;
}

Value escape_filter(const Value& input, const Arguments&, Budget& budget) {
  Text text = paid_text(input, budget);
  if (text.is_markup) return text;
  const Value escaped = whole(input, escape_html(text.bytes));
  text = escaped.text();
  text.is_markup = true;
  return text;
}

Value safe_filter(const Value& input, const Arguments&, Budget& budget) {
  Text text = paid_text(input, budget);
  text.is_markup = true;
  return text;
}

Value format_filter(const Value& input, const Arguments& arguments, Budget& budget) {
  const Text text = paid_text(input, budget);
  if (!arguments.keywords.empty()) {
    if (!arguments.positional.empty())
      throw Problem("format: positional and keyword arguments cannot be mixed");
    Map named;
    for (const auto& [name, value] : arguments.keywords) named.set(name, value);
    return format_percent(text, named, budget);
  }
  return format_percent(text, List(arguments.positional, ListKind::kTuple), budget);
}

Value string_filter(const Value& input, const Arguments&, Budget& budget) {
  return input.is_string() ? input : Value(paid_text(input, budget));
}

Value length_filter(const Value& input, const Arguments&, Budget& budget) {
  return length(input, budget);
}

using Filter = std::function<Value(const Value&, const Arguments&, Budget&)>;

Filter mapping(std::string (*f)(std::string_view)) {
  return [f](const Value& input, const Arguments&, Budget& budget) {
    return whole(input, f(paid_text(input, budget).bytes));
  };
}

const std::map<std::string_view, Filter>& scalar_filters() {
  static const std::map<std::string_view, Filter> filters = {
      {"abs", abs_filter},
      {"capitalize", mapping(capitalize)},
      {"center", center},
      {"count", length_filter},
      {"d", default_filter},
      {"default", default_filter},
      {"e", escape_filter},
      {"escape", escape_filter},
      {"float", float_filter},
      {"format", format_filter},
      {"indent", indent},
      {"int", int_filter},
      {"length", length_filter},
      {"lower", mapping(lower)},
      {"replace", replace_filter},
      {"round", round_filter},
      {"safe", safe_filter},
      {"string", string_filter},
      {"title", mapping(title_words)},
      {"tojson", to_json_filter},
      {"trim", trim},
      {"truncate", truncate},
      {"upper", mapping(upper)},
      {"wordcount", word_count},
  };
  return filters;
}

}  // namespace

bool is_known_filter(std::string_view name) {
  return scalar_filters().contains(name) || sequence_filter(name) != nullptr;
}

Value apply_filter(std::string_view name, const Value& input, const Arguments& arguments,
                   Budget& budget) {
  budget.spend(1);
  const auto found = scalar_filters().find(name);
  if (found != scalar_filters().end()) return found->second(input, arguments, budget);
  if (const SequenceFilter filter = sequence_filter(name)) return filter(input, arguments, budget);
  throw Problem("unknown filter " + quote(name, 40));
}

}  // namespace hone::jinja
