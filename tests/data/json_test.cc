// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "data/file.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

JsonValue parse(std::string_view text) { return parse_json(text, {"a.json", ErrorCode::kModel}); }

std::string parse_error(std::string_view text) {
  return error_of(ErrorCode::kModel, [&] { parse(text); });
}

TEST_CASE("json: every kind of value") {
  const JsonValue v = parse(R"({"i": -3, "u": 18446744073709551615, "d": 0.5, "s": "\u00e9\n",
      "b": true, "n": null, "a": [1, [2], {"x": []}], "o": {}})");
  CHECK(v.get_int("i") == -3);
  CHECK(v.raw()["u"].get<uint64_t>() == 18446744073709551615u);
  CHECK(v.get_double("d") == 0.5);
  CHECK(v.get_double("i") == -3.0);
  CHECK(v.get_string("s") == "\u00e9\n");
  CHECK(v.get_bool("b"));
  CHECK(v.at("a").size() == 3);
  CHECK(v.at("a").at(1).at(0).as_int() == 2);
  CHECK(v.at("a").at(2).at("x").size() == 0);
  CHECK(v.at("o").members().empty());
  CHECK(v.raw() == Json::parse(v.raw().dump()));
  CHECK(parse(" 7 ").as_int() == 7);
}

TEST_CASE("json: duplicate keys are rejected where they stand, at any level") {
  CHECK(parse_error("{\"a\": 1,\n \"a\": 2}") == "a.json:2:4: duplicate key \"a\"");
  check_contains(parse_error(R"([{"x": {"k": 1, "\u006b": 2}}])"), "duplicate key \"k\"");
  CHECK(parse(R"({"a": {"a": 1}, "b": {"a": 2}})").at("b").get_int("a") == 2);
}

TEST_CASE("json: depth is capped") {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse(nested(kMaxJsonDepth)).is_array());
  CHECK(parse_error(nested(kMaxJsonDepth + 1)) == "a.json:1:129: nested deeper than 128 levels");
  check_contains(parse_error(nested(1'000'000)), "nested deeper than 128 levels");
  check_contains(parse_error(std::string(1'000'000, '[')), "nested deeper than 128 levels");
}

TEST_CASE("json: nothing may follow the value") {
  check_contains(parse_error("{} {}"), "a.json:1:4: invalid JSON");
  check_contains(parse_error("1,"), "a.json:1:2: invalid JSON");
  CHECK(parse_error(std::string_view("{}\0", 3)) == "a.json:1:3: invalid JSON: NUL byte");
  CHECK(parse_error(std::string_view("{\0}", 3)) == "a.json:1:2: invalid JSON: NUL byte");
}

TEST_CASE("json: syntax errors carry line and column, in characters") {
  check_contains(parse_error("{\n  \"a\": nul\n}"), "a.json:2:11: invalid JSON: syntax error");
  check_contains(parse_error("[\"\u6a21\u578b\", x]"), "a.json:1:8: invalid JSON");
  check_contains(parse_error(""), "a.json:1:1: invalid JSON");
  check_contains(parse_error("{\"a\": 1"), "a.json:1:8: invalid JSON");
  check_contains(parse_error("[1,]"), "a.json:1:4: invalid JSON");
  check_contains(parse_error("// no\n1"), "a.json:1:1: invalid JSON");
  check_contains(parse_error("[NaN]"), "invalid JSON");
}

TEST_CASE("json: bad text and numbers") {
  check_contains(parse_error("\"\xff\""), "invalid JSON");
  check_contains(parse_error("\"\xed\xa0\x80\""), "invalid JSON");
  check_contains(parse_error(R"("\ud800")"), "invalid JSON");
  check_contains(parse_error("1e400"), "invalid JSON: number overflow");
  check_contains(parse_error("01"), "invalid JSON");
}

TEST_CASE("json: messages hold no terminal escapes and stay short") {
  const std::string key = parse_error("{\"\x7f\": 1, \"\x7f\": 2}");
  check_contains(key, "duplicate key \"\\x7f\"");
  CHECK(parse_error("{\"" + std::string(1'000'000, 'k') + "\": x}").size() < 1000);
}

TEST_CASE("json: getters convert nothing and say what they wanted") {
  const JsonValue v =
      parse(R"({"t": {"neg": -1, "real": 1.5, "one": 1.0, "big": 18446744073709551616,
      "u": 9223372036854775808, "s": "8", "odd key": [true], "b": 1, "n": null}})");
  const JsonValue t = v.at("t");
  const auto error = [](auto f) { return error_of(ErrorCode::kModel, f); };
  CHECK(error([&] {
          t.get_int("neg", {0, 10});
        }) == "a.json: $.t.neg: expected an integer in [0, 10], found -1");
  for (const char* key : {"real", "one", "big", "u", "s", "n", "odd key"})
    check_contains(error([&] { t.get_int(key); }), "expected an integer in");
  check_contains(error([&] { t.get_int("s"); }), "found \"8\"");
  check_contains(error([&] { t.get_bool("b"); }), "a.json: $.t.b: expected true or false, found 1");
  check_contains(error([&] { t.get_string("b"); }), "expected a string, found 1");
  check_contains(error([&] { t.get_double("s"); }), "expected a number, found \"8\"");
  check_contains(error([&] { t.get_double("u"); }), "a double holds exactly");
  CHECK(error([&] {
          t.at("odd key").at(0).as_int({0, 1});
        }) == "a.json: $.t[\"odd key\"][0]: expected an integer in [0, 1], found true");
  check_contains(error([&] { t.get_int("absent"); }), "with the key \"absent\", found an object");
  check_contains(error([&] { t.at("odd key").at(1); }), "with an element 1, found an array of 1");
  check_contains(error([&] { t.at("odd key").at(-1); }), "with an element -1");
  check_contains(error([&] { t.at("odd key").at("x"); }), "expected an object");
  check_contains(error([&] { t.at(0); }), "expected an array");
  check_contains(error([&] { t.reject("better values"); }),
                 "a.json: $.t: expected better values, found an object");
}

TEST_CASE("json: optional members") {
  const JsonValue v = parse(R"({"i": 4, "n": null, "s": "x", "b": false, "d": 2.5})");
  CHECK(v.get_int_or("i", 9) == 4);
  CHECK(v.get_int_or("absent", 9) == 9);
  CHECK(v.get_int_or("n", 9) == 9);
  CHECK(v.get_string_or("s", "y") == "x");
  CHECK(v.get_string_or("n", "y") == "y");
  CHECK_FALSE(v.get_bool_or("b", true));
  CHECK(v.get_double_or("d", 1) == 2.5);
  CHECK_FALSE(v.find("n").has_value());
  CHECK(v.find("b").has_value());
  error_of(ErrorCode::kModel, [&] { v.get_int_or("s", 9); });  // wrong type is no absence
}

TEST_CASE("json: elements and members come with their paths and outlive the root") {
  std::vector<JsonValue> elements;
  {
    const JsonValue root = parse(R"({"z": [5, 6], "a": 1})");
    elements = root.at("z").elements();
    const auto members = root.members();
    CHECK(members[0].second.path() == "$.z");  // in the order of the text
    CHECK(members[1].first == "a");
  }
  CHECK(elements[1].as_int() == 6);
  CHECK(elements[1].where() == "a.json: $.z[1]");
}

TEST_CASE("json: a file, its name in errors") {
  const TemporaryDirectory dir;
  write_file(dir / "config.json", "{\"a\": [1]}");
  CHECK(load_json(dir / "config.json").at("a").at(0).as_int() == 1);
  write_file(dir / "bad.json", "{\n]");
  check_contains(
      error_of(ErrorCode::kUsage, [&] { load_json(dir / "bad.json", ErrorCode::kUsage); }),
      "bad.json:2:1: invalid JSON");
  check_contains(error_of(ErrorCode::kModel, [&] { load_json(dir / "none.json"); }),
                 "none.json: cannot open: No such file");
}

TEST_CASE("json: a vocabulary of 400,000 entries parses") {
  std::string text = "{\"vocab\": {";
  for (int i = 0; i < 400'000; ++i)
    text += (i ? ",\"token" : "\"token") + std::to_string(i) + "\":" + std::to_string(i);
  text += "}}";
  CHECK(parse(text).at("vocab").get_int("token399999") == 399'999);
}

// Places of values, where the source has the text.
TEST_CASE("json: a value's line and column") {
  const auto text = std::make_shared<const std::string>(
      "{\"a\": [1, {\"b\\\"]\": \"\\\\\", \"ü\": -1.5e3}],\n \"odd key\": {\"x\": [[], {}, null, "
      "true]},"
      "\n\"a2\" :\t\"v\"}");
  const JsonValue json = parse_json(*text, {"f", ErrorCode::kDataset, 7, 3, text});
  CHECK(json.place() == "f:7:3");
  CHECK(json.at("a").place() == "f:7:9");
  CHECK(json.at("a").at(0).place() == "f:7:10");
  CHECK(json.at("a").at(1).at("b\"]").place() == "f:7:22");
  CHECK(json.at("a").at(1).at("ü").where() == "f:7:33: $.a[1][\"ü\"]");
  CHECK(json.at("odd key").place() == "f:8:13");
  CHECK(json.at("odd key").at("x").at(0).place() == "f:8:20");
  CHECK(json.at("odd key").at("x").at(1).place() == "f:8:24");
  CHECK(json.at("odd key").at("x").at(3).place() == "f:8:34");
  CHECK(json.at("a2").where() == "f:9:8: $.a2");
}

}  // namespace
}  // namespace hone
