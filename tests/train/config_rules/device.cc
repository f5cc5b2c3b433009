// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> device_rule_cases() {
  return {
      {"deepspeed and fsdp", "deepspeed: zero2.json\nfsdp: [full_shard]\n",
       "fsdp: [full_shard]\nfsdp_config: {fsdp_version: 2}\n"},
  };
}

}  // namespace hone
