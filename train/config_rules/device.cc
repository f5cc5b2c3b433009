// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about devices and processes.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules device_rules() {
  return {
      error(
          "deepspeed and fsdp", {"deepspeed", "fsdp", "fsdp_config"},
          [](const TrainConfig&, const GivenKeys& given) {
            return given.on("deepspeed") && (given.on("fsdp") || given.on("fsdp_config"));
          },
          "fsdp excludes it; keep one (training runs on one device)"),
  };
}

}  // namespace hone::config_rules
