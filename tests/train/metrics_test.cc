// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/metrics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tensor/check.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

TEST_CASE("metrics: numbers read back exactly") {
  const StepMetrics metrics = {.step = 7,
                               .loss = 0.1 + 0.2,
                               .lr = 2e-3 / 3,
                               .grad_norm = 5e-324,
                               .tokens = (int64_t{1} << 53) + 1,
                               .tokens_per_second = 1.7976931348623157e308,
                               .memory_bytes = int64_t{1} << 40};
  const nlohmann::json line = nlohmann::json::parse(metrics_json(metrics));
  CHECK(line.size() == 7);
  CHECK(line["step"] == 7);
  CHECK(line["loss"].get<double>() == metrics.loss);
  CHECK(line["lr"].get<double>() == metrics.lr);
  CHECK(line["grad_norm"].get<double>() == metrics.grad_norm);
  CHECK(line["tokens"].get<int64_t>() == metrics.tokens);
  CHECK(line["tokens_per_second"].get<double>() == metrics.tokens_per_second);
  CHECK(line["memory_bytes"].get<int64_t>() == metrics.memory_bytes);
}

TEST_CASE("metrics: numbers that are not finite are words") {
  StepMetrics metrics;
  metrics.loss = std::nan("");
  metrics.grad_norm = -std::numeric_limits<double>::infinity();
  metrics.lr = std::numeric_limits<double>::infinity();
  const nlohmann::json line = nlohmann::json::parse(metrics_json(metrics));
  CHECK(line["loss"] == "NaN");
  CHECK(line["lr"] == "Infinity");
  CHECK(line["grad_norm"] == "-Infinity");
}

TEST_CASE("metrics: every line is in the file when write returns") {
  const fs::path path = fs::temp_directory_path() / "hone_metrics_test.jsonl";
  std::ofstream(path) << "left from an earlier run\n";
  MetricsWriter writer(path);
  for (int64_t step = 1; step <= 3; ++step) {
    StepMetrics metrics;
    metrics.step = step;
    writer.write(metrics);
    std::ifstream file(path);
    std::string line;
    int64_t lines = 0;
    for (; std::getline(file, line); ++lines)
      CHECK(nlohmann::json::parse(line)["step"] == lines + 1);
    CHECK(lines == step);
  }
  fs::remove(path);
}

TEST_CASE("metrics: a full disk and a missing folder are disk errors") {
  const auto code_of = [](const std::string& path) {
    try {
      MetricsWriter(path).write({});
    } catch (const Error& e) {
      CHECK(std::string(e.what()).starts_with(path + ": cannot "));
      return e.code();
    }
    return ErrorCode::kInternal;
  };
  CHECK(code_of("/dev/full") == ErrorCode::kDisk);
  CHECK(code_of("/nowhere/metrics.jsonl") == ErrorCode::kDisk);
}

TEST_CASE("metrics: a resumed run goes on where its checkpoint stands") {
  const TemporaryDirectory dir;
  const std::string from = dir / "from.jsonl", to = dir / "to.jsonl";
  {
    MetricsWriter writer(from);
    for (int64_t step = 1; step <= 5; ++step) {
      StepMetrics metrics;
      metrics.step = step;
      metrics.skipped = step == 2;
      writer.write(metrics);
    }
    writer.sync();
  }
  std::ofstream(from, std::ios::app) << "{\"step\":6,\"lo";  // killed in the middle of a line
  const auto steps_in = [](const std::string& path) {
    std::vector<int64_t> steps;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
      steps.push_back(nlohmann::json::parse(line)["step"].get<int64_t>());
    return steps;
  };
  CHECK(cut_metrics(from, to, 3) == 3);
  CHECK(steps_in(to) == std::vector<int64_t>{1, 2, 3});
  cut_metrics(from, to, 9);
  CHECK(steps_in(to) == std::vector<int64_t>{1, 2, 3, 4, 5});
  cut_metrics(to, to, 4);
  MetricsWriter(to, MetricsWriter::Begin::kAppend).write({.step = 5});
  CHECK(steps_in(to) == std::vector<int64_t>{1, 2, 3, 4, 5});
  CHECK(cut_metrics(dir / "none.jsonl", to, 1) == 0);
  CHECK(steps_in(to).size() == 5);
}

}  // namespace
}  // namespace hone
