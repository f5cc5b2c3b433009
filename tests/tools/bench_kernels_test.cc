// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>

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
  return all_cases({bench_models()[0], 40, dtype});
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
