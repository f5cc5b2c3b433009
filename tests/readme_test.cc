// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tensor/check.h"

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.good(), path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// What stands between the first `begin` and the next `end`.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t from = text.find(begin);
  REQUIRE_MESSAGE(from != std::string::npos, begin);
  const size_t to = text.find(end, from + begin.size());
  REQUIRE_MESSAGE(to != std::string::npos, end);
  return text.substr(from + begin.size(), to - from - begin.size());
}

// The losses that the program prints.
std::vector<double> losses_of(const std::string& program) {
  std::FILE* output = popen(program.c_str(), "r");
  REQUIRE(output != nullptr);
  std::vector<double> losses;
  int step = 0;
  for (double loss = 0; std::fscanf(output, " step %d loss %lf", &step, &loss) == 2;)
    losses.push_back(loss);
  CHECK(pclose(output) == 0);
  return losses;
}

TEST_CASE("README: the training loop is the program readme_loop") {
  const std::string shown = between(text_of("README.md"), "```cpp\n", "```");
  CHECK(shown == between(text_of("tests/readme_loop.cc"), "// [README.md\n", "// README.md]"));
}

TEST_CASE("README: the training loop lowers the loss") {
  const std::vector<double> losses = losses_of("tests/readme_loop");
  REQUIRE(losses.size() == 20);
  CHECK(losses.front() > 6);  // near log V = log 1024 = 6.9
  CHECK(losses.back() < losses.front() / 2);
}

TEST_CASE("README: the table of exit codes is that of ErrorCode") {
  using hone::ErrorCode;
  const std::string table = between(text_of("README.md"), "| code |", "\n\n");
  const std::pair<ErrorCode, const char*> codes[] = {
      {ErrorCode::kInternal, "bug"},         {ErrorCode::kUsage, "configuration"},
      {ErrorCode::kDataset, "training row"}, {ErrorCode::kModel, "model"},
      {ErrorCode::kOutOfMemory, "memory"},   {ErrorCode::kNonFinite, "NaN"},
      {ErrorCode::kDistributed, "peer"},     {ErrorCode::kDisk, "disk"},
      {ErrorCode::kDevice, "GPU"},
  };
  for (const auto& [code, word] : codes) {
    const std::string row =
        between(table, "\n| " + std::to_string(static_cast<int>(code)) + " |", " |");
    CAPTURE(row);
    CHECK(row.find(word) != std::string::npos);
  }
}

// Bazel's labels and the files that README.md names exist.
TEST_CASE("README: links lead somewhere") {
  const std::string readme = text_of("README.md");
  int links = 0;
  for (size_t at = readme.find("]("); at != std::string::npos; at = readme.find("](", at + 2)) {
    const std::string target = readme.substr(at + 2, readme.find(')', at) - at - 2);
    CAPTURE(target);
    CHECK(std::filesystem::exists(target));
    ++links;
  }
  CHECK(links >= 8);
}

}  // namespace
