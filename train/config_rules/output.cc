// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about where results go.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules output_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      error(
          "output over the model", {"output_dir", "base_model"},
          [](const C& c, const G&) {
            std::error_code ignored;
            return !c.output_dir.empty() && !c.base_model.path.empty() &&
                   std::filesystem::equivalent(c.output_dir, c.base_model.path, ignored);
          },
          "this is base_model's folder, which the results would overwrite; give another"),
      error(
          "output is a file", {"output_dir"},
          [](const C& c, const G&) {
            std::error_code ignored;
            return std::filesystem::exists(c.output_dir, ignored) &&
                   !std::filesystem::is_directory(c.output_dir, ignored);
          },
          "this is a file; give a folder, or a name that is free"),
  };
}

}  // namespace hone::config_rules
