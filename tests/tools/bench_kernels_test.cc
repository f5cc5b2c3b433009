// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "tests/support/declarations.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {
namespace {

// Every op that some test of tests/kernels depends on, as Bazel's query sees it: labels like
// //kernels/rms_norm:rms_norm_cpu and //kernels/moe:route_cpu, one a line.
std::set<std::string> ops_with_kernels() {
  std::ifstream labels("tests/tools/kernel_labels");
  std::set<std::string> ops;
  const std::string root = "//kernels/", end = "_cpu";
  for (std::string label; std::getline(labels, label);) {
    const size_t colon = label.find(':');
    const std::string folder = label.substr(root.size(), colon - root.size());
    const std::string name = label.substr(colon + 1, label.size() - colon - 1 - end.size());
    ops.insert(folder == name ? name : folder + "/" + name);
  }
  return ops;
}

std::vector<BenchCase> small_cases(DType dtype) {
  return all_cases({bench_models(kCpu)[0], 40, dtype});
}

TEST_CASE("bench_kernels: every op of kernels/ has a row") {
  std::set<std::string> rows;
  for (const BenchCase& c : small_cases(DType::f32)) rows.insert(c.op);
  const std::set<std::string> ops = ops_with_kernels();
  REQUIRE(ops.contains("rms_norm"));
  REQUIRE(ops.contains("moe/route"));
  for (const std::string& op : ops) {
    CAPTURE(op);
    CHECK(rows.contains(op));
  }
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(ops.contains(row));
  }
}

// The functions that a header of kernels/ offers: not the device implementations, which are
// templates for the CPU and take a Cuda first for GPUs, and not what runs on no device: costs and
// checks of operands.
std::set<std::string> functions_of(const std::string& header) {
  static const std::regex function(R"(^\s*((?:[\w:<>,&*]+\s+)+)(\w+)\s*\()");
  static const std::regex not_an_op(R"(.*_cost|check_.*)");
  static const std::regex other(R"(\b(template|inline|constexpr)\b|\(\s*Cuda\b)");
  std::set<std::string> functions;
  for (const std::string& text : test::declarations(test::without_comments(header))) {
    std::smatch m;
    if (!std::regex_search(text, m, function) || std::regex_search(text, other)) continue;
    if (!std::regex_match(m[2].str(), not_an_op)) functions.insert(m[2]);
  }
  return functions;
}

// Of all ops. The headers are data of this test.
std::set<std::string> functions_of_kernels() {
  std::set<std::string> functions;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("kernels")) {
    if (entry.path().extension() != ".h") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    functions.merge(functions_of(text));
  }
  return functions;
}

TEST_CASE("bench_kernels: every function of kernels/ has a row") {
  // Shorthands of a function that has one.
  const std::set<std::string> shorthands = {
      "contiguous",             // cast_into, or nothing
      "matmul",                 // gemm into a new tensor
      "gemm_workspace",         // an empty tensor
      "dequantize_4bit_range",  // a part of dequantize_4bit
  };
  std::set<std::string> rows;
  for (const BenchCase& c : small_cases(DType::f32)) rows.insert(c.function);
  const std::set<std::string> functions = functions_of_kernels();
  REQUIRE(functions.contains("rms_norm_forward"));  // the headers are where this test looks
  REQUIRE(functions.contains("scatter_experts"));
  for (const std::string& name : functions) {
    CAPTURE(name);
    CHECK((rows.contains(name) || shorthands.contains(name)));
  }
  for (const std::string& name : rows) {
    CAPTURE(name);
    CHECK(functions.contains(name));
  }
}

TEST_CASE("bench_kernels: the parser finds functions, and nothing else") {
  const std::string header = R"header(
#pragma once
namespace hone::kernels {
// Tensor commented(const Tensor& x);
struct Output { Tensor y; Tensor method(int i) const; };
inline constexpr int64_t kBlock = 64;
Tensor one(const Tensor& x, const GradTarget& dw = {});
void two(const Tensor& x,
         int64_t n);
std::vector<Tensor> three(int64_t n);
inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr bool small(int64_t n) { return n < 3; }
void check_operands(const Tensor& x);
Cost one_cost(int64_t n, DType t);
template <Isa I>
void device(Cpu<I>, const Tensor& x);
}  // namespace hone::kernels
)header";
  CHECK(functions_of(header) == std::set<std::string>{"one", "two", "three"});
}

TEST_CASE("bench_kernels: every row runs, in both dtypes") {
  for (const DType dtype : {DType::f32, DType::bf16})
    for (const BenchCase& c : small_cases(dtype)) {
      CAPTURE(c.function);
      CAPTURE(c.shape);
      CHECK(c.cost.bytes > 0);
      CHECK(c.cost.flops >= 0);
      const auto call = c.prepare();
      CHECK_NOTHROW(call());
      CHECK_NOTHROW(call());
    }
}

// Both directions of what can be differentiated are measured.
TEST_CASE("bench_kernels: a forward row has its backward row") {
  std::set<std::string> functions;
  for (const BenchCase& c : small_cases(DType::f32)) functions.insert(c.function);
  const std::string forward = "_forward";
  for (const std::string& name : functions) {
    if (!name.ends_with(forward)) continue;
    const std::string stem = name.substr(0, name.size() - forward.size());
    CAPTURE(name);
    CHECK((functions.contains(stem + "_backward") ||
           functions.contains(stem + "_renormalised_backward")));
  }
}

}  // namespace
}  // namespace hone::kernels::bench
