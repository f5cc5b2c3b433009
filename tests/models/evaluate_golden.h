// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The evaluate program, and what it writes beside a golden file.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "data/safetensors.h"
#include "kernels/elementwise/elementwise.h"
#include "tests/support/compare.h"

namespace hone::test {

inline const std::set<std::string> kGoldenInputs = {"input_ids", "labels",       "cu_seqlens",
                                                    "margins",   "pixel_values", "image_grid_thw"};

// Worst relative error in norm over the tensors of a golden file (inputs aside). Gradients that are
// zero but for rounding are compared with zero.
struct Comparison {
  int64_t tensors = 0;
  double worst = 0, loss = 0, logits = 0;
  std::string where;
};

inline std::string without_adapter_name(std::string name) {
  const size_t at = name.find(".default.");
  return at == std::string::npos ? name : name.replace(at, 9, ".");
}

inline Comparison compare(const std::string& golden_path, const std::string& out_path) {
  const SafetensorsFile golden = SafetensorsFile::open(golden_path);
  const SafetensorsFile out = SafetensorsFile::open(out_path);
  std::map<std::string, std::string> stored;  // names with and without PEFT's adapter name
  for (const auto& [name, info] : out.tensors()) stored[without_adapter_name(name)] = name;
  Comparison c;
  for (const auto& [name, info] : golden.tensors()) {
    if (kGoldenInputs.contains(name)) continue;
    CAPTURE(name);
    const auto ours = stored.find(without_adapter_name(name));
    REQUIRE(ours != stored.end());
    if (!is_float(load_tensor(golden, name).dtype())) {
      CHECK(same_bits(load_tensor(out, ours->second), load_tensor(golden, name)));
      continue;
    }
    const Tensor want = kernels::cast(load_tensor(golden, name), DType::f64);
    const Tensor got = kernels::cast(load_tensor(out, ours->second), DType::f64);
    REQUIRE(got.shape() == want.shape());
    double norm = 0, largest = 0;
    for (const double x : want.to_vector<double>()) norm += x * x;
    for (const double x : got.to_vector<double>()) largest = std::max(largest, std::abs(x));
    const double error = norm > 1e-12 ? rel_err(got, want) : (largest <= 1e-5 ? 0 : HUGE_VAL);
    if (name == "logits") c.logits = error;
    if (name.ends_with("loss")) c.loss = std::max(c.loss, error);
    if (c.where.empty() || error > c.worst) {
      c.worst = error;
      c.where = name;
    }
    ++c.tensors;
  }
  return c;
}

// Runs the program on the model of a directory and its own batch; its exit code.
inline int run_evaluate_in(const std::string& directory, const std::string& arguments,
                           const std::string& out) {
  const std::string command = "tools/evaluate --model " + directory + " --batch " + directory +
                              "/golden.safetensors --out " + out + " " + arguments + " 2>&1";
  CAPTURE(command);
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace hone::test
