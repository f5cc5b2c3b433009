// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_operators.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "data/jinja_format.h"
#include "data/printable.h"

namespace hone::jinja {
namespace {

bool is_integer(const Value& v) { return v.is<int64_t>() || v.is<bool>(); }

int64_t integer(const Value& v) {
  return v.is<bool>() ? int64_t{std::get<bool>(v.data())} : std::get<int64_t>(v.data());
}

double number(const Value& v) {
  return v.is<double>() ? std::get<double>(v.data()) : static_cast<double>(integer(v));
}

// `value` is a reference because the overflow's computation sets it, in whichever order the
// arguments are evaluated.
int64_t fitting(bool overflow, const int64_t& value) {
  if (overflow) throw Problem("an integer beyond 64 bits");
  return value;
}

int64_t floor_divide(int64_t a, int64_t b) {
  if (b == -1) {
    int64_t out = 0;
    return fitting(__builtin_sub_overflow(int64_t{0}, a, &out), out);
  }
  const int64_t quotient = a / b;
  return quotient - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

int64_t modulo(int64_t a, int64_t b) {
  if (b == -1) return 0;
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

Value power(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) throw Problem("zero cannot be raised to a negative power");
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
  int64_t out = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) fitting(__builtin_mul_overflow(out, base, &out), 0);
    if (exponent > 1) fitting(__builtin_mul_overflow(base, base, &base), 0);
  }
  return out;
}

Value integer_binary(std::string_view op, int64_t a, int64_t b) {
  int64_t out = 0;
  if (op == "+") return fitting(__builtin_add_overflow(a, b, &out), out);
  if (op == "-") return fitting(__builtin_sub_overflow(a, b, &out), out);
  if (op == "*") return fitting(__builtin_mul_overflow(a, b, &out), out);
  if (op == "**") return power(a, b);
  if (b == 0) throw Problem("division by zero");
  if (op == "/") return static_cast<double>(a) / static_cast<double>(b);
  return op == "//" ? floor_divide(a, b) : modulo(a, b);
}

Value float_binary(std::string_view op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "**") return std::pow(a, b);
  if (b == 0) throw Problem("division by zero");
  if (op == "/") return a / b;
  return op == "//" ? std::floor(a / b) : modulo(a, b);
}

// Markup escapes what is added to it.
Value add_texts(const Text& a, const Text& b, Budget& budget) {
  budget.spend_string(static_cast<int64_t>(a.bytes.size() + b.bytes.size()));
  budget.spend_marks(std::ssize(a.marks) + std::ssize(b.marks));
  TextBuilder out;
  const bool markup = a.is_markup || b.is_markup;
  for (const Text* part : {&a, &b}) {
    if (markup && !part->is_markup) {
      out.append(escape_html(part->bytes), origin_of(*part));
    } else {
      out.append(*part);
    }
  }
  Text text = out.take();
  text.is_markup = markup;
  return text;
}

Value add_lists(const List& a, const List& b, Budget& budget) {
  budget.spend_values(std::ssize(a.items) + std::ssize(b.items));
  std::vector<Value> items = a.items;
  items.insert(items.end(), b.items.begin(), b.items.end());
  return List(std::move(items), a.kind);
}

bool repeats(const Value& v) {
  return v.is_string() ||
         (v.is_list() && (v.list().kind == ListKind::kList || v.list().kind == ListKind::kTuple));
}

Value repeat(const Value& v, int64_t times, Budget& budget) {
  times = std::max<int64_t>(times, 0);
  int64_t total = 0;
  if (v.is_string()) {
    const bool too_many =
        __builtin_mul_overflow(times, static_cast<int64_t>(v.text().bytes.size()), &total);
    budget.spend_text(v.text(), too_many ? -1 : times);
    budget.spend(v.text().bytes.empty() ? 0 : times);
    TextBuilder out;
    for (int64_t i = 0; total > 0 && i < times; ++i) out.append(v.text());
    return out.take();
  }
  const List& list = v.list();
  const bool too_many =
      __builtin_mul_overflow(times, static_cast<int64_t>(list.items.size()), &total);
  budget.spend_values(too_many ? -1 : total);
  std::vector<Value> items;
  for (int64_t i = 0; total > 0 && i < times; ++i)
    items.insert(items.end(), list.items.begin(), list.items.end());
  return List(std::move(items), list.kind);
}

// The value of an operator on things that are not both numbers; nullopt if there is none.
std::optional<Value> other_binary(std::string_view op, const Value& a, const Value& b,
                                  Budget& budget) {
  if (op == "+") {
    if (a.is_string() && b.is_string()) return add_texts(a.text(), b.text(), budget);
    if (a.is_list() && b.is_list() && a.list().kind == b.list().kind && repeats(a))
      return add_lists(a.list(), b.list(), budget);
  } else if (op == "*") {
    if (repeats(a) && is_integer(b)) return repeat(a, integer(b), budget);
    if (is_integer(a) && repeats(b)) return repeat(b, integer(a), budget);
  } else if (op == "%" && a.is_string()) {
    return format_percent(a.text(), b, budget);
  }
  return std::nullopt;
}

Value undefined_item(const Value& container, const Value& index) {
  if (index.is_string())
    return Value::undefined("'" + type_name(container) + " object' has no attribute " +
                            quote(index.text().bytes, 60));
  return Value::undefined(type_name(container) + " object has no element " +
                          quote(repr(index), 60));
}

struct SliceRange {
  int64_t start, stop, step, count;
};

// Python's slice.indices().
SliceRange slice_range(int64_t size, const Value* start, const Value* stop, const Value* step) {
  const auto given = [](const Value* v) { return v && !v->is_none(); };
  SliceRange r{};
  r.step = given(step) ? as_integer(*step, "slice step") : 1;
  if (r.step == 0) throw Problem("slice step cannot be zero");
  r.step = std::clamp<int64_t>(r.step, -(int64_t{1} << 40), int64_t{1} << 40);
  const int64_t low = r.step < 0 ? -1 : 0, high = r.step < 0 ? size - 1 : size;
  const auto bound = [&](const Value* v, int64_t otherwise) {
    if (!given(v)) return otherwise;
    int64_t i = as_integer(*v, "slice index");
    if (i < 0) i = std::max(i, -size - 1) + size;
    return std::clamp(i, low, high);
  };
  r.start = bound(start, r.step < 0 ? high : low);
  r.stop = bound(stop, r.step < 0 ? low : high);
  const int64_t distance = r.step < 0 ? r.start - r.stop : r.stop - r.start;
  const int64_t stride = std::abs(r.step);
  r.count = distance > 0 ? (distance - 1) / stride + 1 : 0;
  return r;
}

Value slice_text(const Text& text, const SliceRange& r, Budget& budget) {
  budget.spend_string(static_cast<int64_t>(text.bytes.size()));
  const auto offset = [&](int64_t code_point) { return byte_offset(text.bytes, code_point); };
  if (r.count == 0) return Text();
  if (r.step == 1) {
    const size_t begin = offset(r.start);
    const size_t bytes = byte_offset(std::string_view(text.bytes).substr(begin), r.count);
    return slice(text, begin, begin + bytes);
  }
  std::vector<size_t> starts;
  for (size_t i = 0; i < text.bytes.size(); ++i)
    if ((static_cast<unsigned char>(text.bytes[i]) & 0xc0) != 0x80) starts.push_back(i);
  starts.push_back(text.bytes.size());
  TextBuilder out;
  budget.spend(r.count);
  for (int64_t i = 0, at = r.start; i < r.count; ++i, at += r.step)
    out.append(text, starts[static_cast<size_t>(at)], starts[static_cast<size_t>(at) + 1]);
  return out.take();
}

}  // namespace

void unsupported(std::string_view op, const Value& a, const Value& b) {
  for (const Value* v : {&a, &b})
    if (v->is_undefined()) throw Problem(v->undefined_message());
  throw Problem("unsupported operand types for " + std::string(op) + ": '" + type_name(a) +
                "' and '" + type_name(b) + "'");
}

Value binary(std::string_view op, const Value& a, const Value& b, Budget& budget) {
  if (a.is_number() && b.is_number()) {
    Value out = is_integer(a) && is_integer(b) ? integer_binary(op, integer(a), integer(b))
                                               : float_binary(op, number(a), number(b));
    out.set_origin(a.origin() >= 0 ? a.origin() : b.origin());
    return out;
  }
  if (std::optional<Value> out = other_binary(op, a, b, budget)) return std::move(*out);
  unsupported(op, a, b);
}

Value negative(const Value& a) {
  if (a.is<double>()) return -std::get<double>(a.data());
  if (is_integer(a)) return integer_binary("-", 0, integer(a));
  if (a.is_undefined()) throw Problem(a.undefined_message());
  throw Problem("bad operand type for unary -: '" + type_name(a) + "'");
}

Value positive(const Value& a) {
  if (a.is<double>()) return a;
  if (is_integer(a)) return integer(a);
  if (a.is_undefined()) throw Problem(a.undefined_message());
  throw Problem("bad operand type for unary +: '" + type_name(a) + "'");
}

bool less(const Value& a, const Value& b, Budget& budget) {
  if (a.is_number() && b.is_number()) {
    if (is_integer(a) && is_integer(b)) return integer(a) < integer(b);
    return number(a) < number(b);
  }
  if (a.is_string() && b.is_string()) {
    budget.spend(static_cast<int64_t>(std::min(a.text().bytes.size(), b.text().bytes.size())) / 32);
    return a.text().bytes < b.text().bytes;
  }
  if (a.is_list() && b.is_list() && a.list().kind == b.list().kind && repeats(a)) {
    const auto &x = a.list().items, &y = b.list().items;
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      if (!equal(x[i], y[i], &budget)) return less(x[i], y[i], budget);
    return x.size() < y.size();
  }
  unsupported("<", a, b);
}

bool contains(const Value& container, const Value& item, Budget& budget) {
  if (container.is_undefined()) return false;
  if (container.is_string()) {
    if (!item.is_string())
      throw Problem("'in <string>' requires a string on the left, not " + type_name(item));
    budget.spend_string(static_cast<int64_t>(container.text().bytes.size()));
    return container.text().bytes.find(item.text().bytes) != std::string::npos;
  }
  if (container.is_map()) return container.map().find(item) != nullptr;
  if (!container.is_list())
    throw Problem("argument of type '" + type_name(container) + "' is not iterable");
  const auto& items = container.list().items;
  return std::any_of(items.begin(), items.end(),
                     [&](const Value& v) { return equal(v, item, &budget); });
}

bool compare(std::string_view op, const Value& a, const Value& b, Budget& budget) {
  if (op == "==") return equal(a, b, &budget);
  if (op == "!=") return !equal(a, b, &budget);
  if (op == "in") return contains(b, a, budget);
  if (op == "not in") return !contains(b, a, budget);
  if (op == "<") return less(a, b, budget);
  if (op == ">") return less(b, a, budget);
  if (op == "<=") return less(a, b, budget) || equal(a, b, &budget);
  return less(b, a, budget) || equal(a, b, &budget);
}

Value item(const Value& container, const Value& index, Budget& budget) {
  if (container.is_undefined()) throw Problem(container.undefined_message());
  if (container.is_map()) {
    const Value* found = container.map().find(index);
    return found ? *found : undefined_item(container, index);
  }
  if (!is_integer(index)) return undefined_item(container, index);
  int64_t i = integer(index);
  if (container.is_string()) {
    const Text& text = container.text();
    const int64_t size = length(container, budget);
    if (i < 0) i += size;
    if (i < 0 || i >= size) return undefined_item(container, index);
    const size_t begin = byte_offset(text.bytes, i);
    const size_t bytes = byte_offset(std::string_view(text.bytes).substr(begin), 1);
    return slice(text, begin, begin + bytes);
  }
  const bool indexed =
      container.is_list() && (repeats(container) || container.list().kind == ListKind::kRange);
  if (!indexed) return undefined_item(container, index);
  const auto& items = container.list().items;
  if (i < 0) i += static_cast<int64_t>(items.size());
  if (i < 0 || i >= static_cast<int64_t>(items.size())) return undefined_item(container, index);
  return items[static_cast<size_t>(i)];
}

Value slice(const Value& value, const Value* start, const Value* stop, const Value* step,
            Budget& budget) {
  if (value.is_string()) {
    const int64_t size = length(value, budget);
    return slice_text(value.text(), slice_range(size, start, stop, step), budget);
  }
  if (value.is_undefined()) throw Problem(value.undefined_message());
  if (!value.is_list() || !(repeats(value) || value.list().kind == ListKind::kRange))
    return Value::undefined("'" + type_name(value) + "' object has no slices");
  const auto& items = value.list().items;
  const SliceRange r = slice_range(static_cast<int64_t>(items.size()), start, stop, step);
  budget.spend_values(r.count);
  std::vector<Value> out;
  for (int64_t i = 0, at = r.start; i < r.count; ++i, at += r.step)
    out.push_back(items[static_cast<size_t>(at)]);
  Value result = List(std::move(out), value.list().kind);
  result.set_origin(value.origin());
  return result;
}

std::vector<Value> elements(const Value& value, Budget& budget) {
  std::vector<Value> out;
  if (value.is_undefined()) return out;
  if (value.is_list()) {
    const List& list = value.list();
    budget.spend_values(std::ssize(list.items));
    if (list.kind == ListKind::kGenerator) {
      if (list.consumed) return out;
      list.consumed = true;
    }
    return list.items;
  }
  if (value.is_map()) {
    budget.spend_values(std::ssize(value.map().members));
    for (const auto& [key, member] : value.map().members) out.push_back(key);
    return out;
  }
  if (!value.is_string()) throw Problem("'" + type_name(value) + "' object is not iterable");
  const Text& text = value.text();
  budget.spend_new_values(count_code_points(text.bytes));
  for (size_t begin = 0; begin < text.bytes.size();) {
    const size_t bytes = byte_offset(std::string_view(text.bytes).substr(begin, 5), 1);
    out.push_back(slice(text, begin, begin + bytes));
    begin += bytes;
  }
  return out;
}

int64_t length(const Value& value, Budget& budget) {
  if (value.is_undefined()) return 0;
  if (value.is_string()) {
    budget.spend(static_cast<int64_t>(value.text().bytes.size()) / 32);
    return count_code_points(value.text().bytes);
  }
  if (value.is_map()) return static_cast<int64_t>(value.map().members.size());
  if (value.is_list() && value.list().kind != ListKind::kGenerator)
    return static_cast<int64_t>(value.list().items.size());
  throw Problem("object of type '" + type_name(value) + "' has no len()");
}

int64_t as_integer(const Value& value, std::string_view what) {
  if (is_integer(value)) return integer(value);
  if (value.is_undefined()) throw Problem(value.undefined_message());
  throw Problem(std::string(what) + " must be an integer, not '" + type_name(value) + "'");
}

}  // namespace hone::jinja
