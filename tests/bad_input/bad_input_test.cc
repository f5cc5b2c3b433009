// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/bad_input/bad_input.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <set>
#include <stdexcept>

#include "tests/bad_input/isolated.h"
#include "tests/data/temporary_directory.h"

namespace hone::bad_input {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

void check_row(const Row& row) {
  const TemporaryDirectory directory;
  Outcome outcome = run_isolated([&] { row.run(directory.path()); });
  replace_all(outcome.message, directory.path(), "DIR");
  const std::string name = row.id + ", " + row.what;
  CHECK_MESSAGE(outcome.ended, name, ": ", outcome.message);
  CHECK_MESSAGE(outcome.exit_code == row.exit_code, name, ": exit code ", outcome.exit_code, ": ",
                outcome.message);
  CHECK_MESSAGE(outcome.message == row.message, name, "\n  found:    ", outcome.message,
                "\n  expected: ", row.message);
  const int64_t growth = outcome.grown_bytes - bytes_in(directory.path());
  CHECK_MESSAGE(growth <= kMaxGrowth, name, ": grew by ", growth >> 20, " MiB beyond its files");
}

void check_rows(const Rows& rows) {
  for (const Row& row : rows) check_row(row);
}

TEST_CASE("bad input: safetensors files (1-22)") { check_rows(safetensors_rows()); }
TEST_CASE("bad input: model directories (23-31)") { check_rows(directory_rows()); }
TEST_CASE("bad input: config.json (32-38)") { check_rows(config_rows()); }
TEST_CASE("bad input: tokenizer.json (39-46)") { check_rows(tokenizer_rows()); }
TEST_CASE("bad input: chat templates (47-53)") { check_rows(template_rows()); }
TEST_CASE("bad input: datasets (54-62)") { check_rows(dataset_rows()); }
TEST_CASE("bad input: configurations (63-66)") { check_rows(yaml_rows()); }
TEST_CASE("bad input: adapters (A1-A8)") { check_rows(adapter_rows()); }

TEST_CASE("bad input: every number has its row, and no row is there twice") {
  std::set<std::string> ids, numbers;
  for (const Rows& rows : {safetensors_rows(), directory_rows(), config_rows(), tokenizer_rows(),
                           template_rows(), dataset_rows(), yaml_rows(), adapter_rows()})
    for (const Row& row : rows) {
      CHECK_MESSAGE(ids.insert(row.id).second, row.id);
      const auto is_variant = [](char c) { return c >= 'a' && c <= 'z'; };
      numbers.insert(row.id.substr(0, row.id.size() - is_variant(row.id.back())));
    }
  for (int n = 1; n <= 66; ++n) CHECK_MESSAGE(numbers.contains(std::to_string(n)), n);
  for (int n = 1; n <= 8; ++n) CHECK_MESSAGE(numbers.contains("A" + std::to_string(n)), n);
  CHECK(numbers.size() == 66 + 8);
}

// The limits bite: each is exceeded on purpose.
TEST_CASE("bad input: the harness notices hangs, memory, crashes and other exceptions") {
  volatile bool forever = true;
  CHECK_FALSE(run_isolated([&] {
                while (forever) {
                }
              }).ended);
  const Outcome big = run_isolated([] {
    std::vector<char> bytes(size_t{300} << 20, 1);
    fail(ErrorCode::kModel, static_cast<int>(bytes[bytes.size() / 2]));
  });
  CHECK(big.ended);
  CHECK(big.grown_bytes > int64_t{300} << 20);
  CHECK_FALSE(run_isolated([] { std::abort(); }).ended);
  CHECK(run_isolated([] { throw std::runtime_error("x"); }).exit_code ==
        static_cast<int>(ErrorCode::kInternal));
  CHECK(run_isolated([] {}).exit_code == 0);
}

}  // namespace
}  // namespace hone::bad_input
