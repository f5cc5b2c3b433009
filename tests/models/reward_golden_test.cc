// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Reward and process reward models against golden files made with transformers and TRL's loss
// (tests/goldens/rewards): labels of answers and of tokens, loss, accuracy, every gradient.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/data/temporary_directory.h"
#include "tests/models/evaluate_golden.h"

namespace hone {
namespace {

std::string golden_reward(const std::string& name) {
  return std::filesystem::canonical("tests/goldens/rewards/" + name + "/config.json")
      .parent_path()
      .string();
}

// The golden files' numbers are float64 rounded to float32.
TEST_CASE("golden: reward models") {
  for (const std::string name : {"reward_qwen3", "reward_gemma3_text", "reward_qwen3_5",
                                 "process_llama", "process_nemotron"}) {
    CAPTURE(name);
    const std::string centre =
        name.starts_with("reward") ? " --center-rewards-coefficient 0.01" : "";
    const std::string directory = golden_reward(name);
    const auto compared = [&](const std::string& arguments) {
      const TemporaryDirectory dir;
      const std::string out = dir / "out.safetensors";
      REQUIRE(test::run_evaluate_in(directory, "--grads" + centre + arguments, out) == 0);
      return test::compare(directory + "/golden.safetensors", out);
    };
    const test::Comparison exact = compared(" --dtype float64");
    CHECK_MESSAGE(exact.worst < 1e-6, exact.where, " ", exact.worst);
    CHECK(exact.tensors > 20);
    const test::Comparison c = compared("");
    CHECK_MESSAGE(c.worst < 1e-4, c.where, " ", c.worst);
    CHECK(c.loss < 1e-5);
  }
}

TEST_CASE("evaluate: what a reward model cannot be asked") {
  const TemporaryDirectory dir;
  const std::string out = dir / "out.safetensors";
  CHECK(test::run_evaluate_in(golden_reward("process_llama"), "--center-rewards-coefficient 0.1",
                              out) == 2);
}

}  // namespace
}  // namespace hone
