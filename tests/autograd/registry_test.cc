// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Every differentiable op has a gradient check: each function of autograd/ops/*.h that returns a
// Var is named by a TEST_CASE("gradcheck: <name>") of tests/kernels/*.cc that calls gradcheck().
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/declarations.h"

namespace hone {
namespace {

using Names = std::set<std::string>;

// The contents of the files of a folder that end in `suffix`.
std::vector<std::string> read_files(const std::string& folder, const std::string& suffix) {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.size() < suffix.size() || !name.ends_with(suffix)) continue;
    std::ifstream file(entry.path());
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return texts;
}

// Structs with a Var among their members: a function may return its results in one.
Names structs_of_vars(const std::string& code) {
  static const std::regex definition(R"(struct\s+(\w+)\s*\{([^}]*)\})");
  static const std::regex member(R"(\bVar\b[^;&(]*;)");
  Names names;
  for (auto s = std::sregex_iterator(code.begin(), code.end(), definition);
       s != std::sregex_iterator(); ++s)
    if (std::regex_search((*s)[2].first, (*s)[2].second, member)) names.insert((*s)[1]);
  return names;
}

// Names of the functions that return a Var, several, or a struct of them.
Names differentiable_functions(const std::string& header) {
  const std::string code = test::without_comments(header);
  Names types = structs_of_vars(code), functions;
  types.insert("Var");
  static const std::regex function(R"(^\s*([\w:<>,&*\s]*?)\b(\w+)\s*\()");
  static const std::regex word(R"(\w+)");
  for (const std::string& text : test::declarations(code)) {
    std::smatch m;
    if (!std::regex_search(text, m, function)) continue;
    const std::string result = m[1];
    for (auto w = std::sregex_iterator(result.begin(), result.end(), word);
         w != std::sregex_iterator(); ++w)
      if (types.count(w->str())) functions.insert(m[2]);
  }
  return functions;
}

// Names after "gradcheck: " of the test cases that call gradcheck().
Names checked_functions(const std::string& test) {
  static const std::regex start(R"re(TEST_CASE\("gradcheck: (\w+))re");
  Names names;
  for (auto m = std::sregex_iterator(test.begin(), test.end(), start); m != std::sregex_iterator();
       ++m) {
    const size_t from = static_cast<size_t>(m->position()) + static_cast<size_t>(m->length());
    const std::string body = test.substr(from, test.find("TEST_CASE(", from) - from);
    if (body.find("gradcheck(") != std::string::npos) names.insert((*m)[1]);
  }
  return names;
}

TEST_CASE("registry: every differentiable op has a gradient check") {
  Names ops, checked;
  for (const std::string& text : read_files("autograd/ops", ".h"))
    ops.merge(differentiable_functions(text));
  for (const std::string& text : read_files("tests/kernels", "_test.cc"))
    checked.merge(checked_functions(text));
  CHECK(ops.count("linear") == 1);  // the files are where this test looks for them
  CHECK(ops.count("add_rms_norm") == 1);
  for (const std::string& name : ops)
    CHECK_MESSAGE(checked.count(name) == 1, "autograd/ops declares ", name,
                  ", but no TEST_CASE(\"gradcheck: ", name,
                  "\") in tests/kernels calls gradcheck()");
}

TEST_CASE("registry: the parser finds what returns a Var, and nothing else") {
  const std::string header = R"header(
#pragma once
#include <vector>
namespace hone {
// Var commented(const Var& x);
/* Var commented_too(const Var& x); */
class Weight {
 public:
  explicit Weight(Var dense) : dense_(dense) {}
  const Var& dense() const { return dense_; }
  Var method(const Var& x);
 private:
  Var dense_;
};
struct Route { Var weights; Tensor ids; };
struct Options { double scale = 1; int of(const Var& x); };
using kernels::NormWeight;
inline constexpr int kWidth = 3;
Var one(const Var& x, const Weight& w = Weight(Var()));
std::array<Var, 2> two(
    const Var& x);
std::vector<Var> many(std::span<const Var> x);
Route route(const Var& logits);
inline Var with_body(const Var& x) { Var local(x); return Var(helper(x)); }
Tensor values(const Var& x);
bool will_record(const Var& x);
Options options(const Var& x);
namespace inner {
Var nested(const Var& x);
}
}  // namespace hone
)header";
  CHECK(differentiable_functions(header) ==
        Names{"one", "two", "many", "route", "with_body", "nested"});
}

TEST_CASE("registry: only a test case that calls gradcheck() counts") {
  // Put together from pieces, so that this file declares no such test case itself.
  const auto test_case = [](const std::string& name, const std::string& body) {
    return "TEST_"
           "CASE(\"" +
           name + "\") {\n" + body + "}\n";
  };
  const std::string tests = test_case("gradcheck: one", "  const auto r = gradcheck(f, {x});\n") +
                            test_case("gradcheck: empty", "  CHECK(true);\n") +
                            test_case("one: forward", "  gradcheck(f, {x});\n") +
                            test_case("gradcheck: two, on odd shapes", "  gradcheck(f, {x});\n");
  CHECK(checked_functions(tests) == Names{"one", "two"});
}

}  // namespace
}  // namespace hone
