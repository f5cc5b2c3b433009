// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "data/jinja_filters.h"
#include "data/jinja_operators.h"
#include "data/printable.h"

namespace hone::jinja {
namespace {

using Test = bool (*)(const Value& value, const Arguments& arguments, Budget& budget);

struct NamedTest {
  std::string_view name;
  Test test;
};

bool is_bool(const Value& v) { return v.is<bool>(); }

bool is_iterable(const Value& v) {
  return v.is_undefined() || v.is_string() || v.is_list() || v.is_map();
}

bool is_sequence(const Value& v) {
  if (v.is_list())
    return v.list().kind == ListKind::kList || v.list().kind == ListKind::kTuple ||
           v.list().kind == ListKind::kRange;
  return v.is_undefined() || v.is_string() || v.is_map();
}

int64_t remainder_of(const Value& value, const Value& divisor, Budget& budget) {
  return as_integer(binary("%", value, divisor, budget), "the remainder");
}

// A comparison with the one argument.
template <char first, char second>
bool compares(const Value& value, const Arguments& arguments, Budget& budget) {
  const char op[] = {first, second, '\0'};
  return compare(op, value, Bound(arguments, op, {"other"}).get(0), budget);
}

bool same_as(const Value& value, const Arguments& arguments, Budget&) {
  const Bound bound(arguments, "sameas", {"other"});
  const Value& other = bound.get(0);
  if (value.data().index() != other.data().index()) return false;
  if (value.is_none() || value.is_number()) return equal(value, other);
  return std::visit(
      [&](const auto& x) {
        using T = std::decay_t<decltype(x)>;
        if constexpr (requires { x.get(); }) return x.get() == std::get<T>(other.data()).get();
        return false;
      },
      value.data());
}

const std::string& text_of(const Value& v, const char* name) {
  if (!v.is_string()) throw Problem(std::string("the test '") + name + "' needs a string");
  return v.text().bytes;
}

constexpr auto kTests = std::to_array<NamedTest>({
    {"defined", [](auto& v, auto&, auto&) { return !v.is_undefined(); }},
    {"undefined", [](auto& v, auto&, auto&) { return v.is_undefined(); }},
    {"none", [](auto& v, auto&, auto&) { return v.is_none(); }},
    {"boolean", [](auto& v, auto&, auto&) { return is_bool(v); }},
    {"true", [](auto& v, auto&, auto&) { return is_bool(v) && truthy(v); }},
    {"false", [](auto& v, auto&, auto&) { return is_bool(v) && !truthy(v); }},
    {"integer", [](auto& v, auto&, auto&) { return v.template is<int64_t>(); }},
    {"float", [](auto& v, auto&, auto&) { return v.template is<double>(); }},
    {"number", [](auto& v, auto&, auto&) { return v.is_number(); }},
    {"string", [](auto& v, auto&, auto&) { return v.is_string(); }},
    {"mapping", [](auto& v, auto&, auto&) { return v.is_map(); }},
    {"sequence", [](auto& v, auto&, auto&) { return is_sequence(v); }},
    {"iterable", [](auto& v, auto&, auto&) { return is_iterable(v); }},
    {"callable",
     [](auto& v, auto&, auto&) { return v.template is<std::shared_ptr<const Callable>>(); }},
    {"sameas", same_as},
    {"eq", compares<'=', '='>},
    {"==", compares<'=', '='>},
    {"equalto", compares<'=', '='>},
    {"ne", compares<'!', '='>},
    {"!=", compares<'!', '='>},
    {"lt", compares<'<', '\0'>},
    {"<", compares<'<', '\0'>},
    {"lessthan", compares<'<', '\0'>},
    {"le", compares<'<', '='>},
    {"<=", compares<'<', '='>},
    {"gt", compares<'>', '\0'>},
    {">", compares<'>', '\0'>},
    {"greaterthan", compares<'>', '\0'>},
    {"ge", compares<'>', '='>},
    {">=", compares<'>', '='>},
    {"in",
     [](auto& v, auto& a, auto& b) { return contains(Bound(a, "in", {"seq"}).get(0), v, b); }},
    {"odd", [](auto& v, auto&, auto& b) { return remainder_of(v, int64_t{2}, b) == 1; }},
    {"even", [](auto& v, auto&, auto& b) { return remainder_of(v, int64_t{2}, b) == 0; }},
    {"divisibleby",
     [](auto& v, auto& a,
        auto& b) { return remainder_of(v, Bound(a, "divisibleby", {"num"}).get(0), b) == 0; }},
    {"lower", [](auto& v, auto&, auto&) { return is_lower(text_of(v, "lower")); }},
    {"upper", [](auto& v, auto&, auto&) { return is_upper(text_of(v, "upper")); }},
    {"escaped", [](auto& v, auto&, auto&) { return v.is_string() && v.text().is_markup; }},
});

}  // namespace

bool is_known_test(std::string_view name) {
  return std::any_of(kTests.begin(), kTests.end(),
                     [&](const NamedTest& t) { return t.name == name; });
}

bool apply_test(std::string_view name, const Value& value, const Arguments& arguments,
                Budget& budget) {
  budget.spend(1);
  for (const NamedTest& t : kTests)
    if (t.name == name) return t.test(value, arguments, budget);
  throw Problem("unknown test " + quote(name, 40));
}

}  // namespace hone::jinja
