// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_reference.h"

#include <doctest/doctest.h>

#include <string>

#include "data/file.h"
#include "tensor/check.h"
#include "train/config_keys.h"

namespace hone {
namespace {

TEST_CASE("config_reference: train/README.md is up to date") {
  const std::string readme = read_file("train/README.md", ErrorCode::kUsage);
  // If this fails: tools/bazel run //train:config_reference
  CHECK((with_config_reference(readme) == readme));
}

TEST_CASE("config_reference: names every key") {
  const std::string reference = config_reference();
  for (const ConfigKey<TrainConfig>& key : train_keys()) {
    CAPTURE(key.name);
    CHECK(reference.find("`" + std::string(key.name) + "`") != std::string::npos);
  }
  for (const ConfigKey<DatasetConfig>& key : dataset_keys()) {
    CAPTURE(key.name);
    CHECK(reference.find("`" + std::string(key.name) + "`") != std::string::npos);
  }
}

TEST_CASE("config_reference: replaces what is between the marks, and nothing else") {
  const std::string begin = kReferenceBegin, end = kReferenceEnd;
  const std::string readme = "before\n" + begin + "old\n" + end + "after\n";
  const std::string updated = with_config_reference(readme);
  CHECK(updated == "before\n" + begin + "\n" + config_reference() + end + "after\n");
  CHECK(with_config_reference(updated) == updated);
  CHECK_THROWS_AS(with_config_reference("no marks"), Error);
}

}  // namespace
}  // namespace hone
