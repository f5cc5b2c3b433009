// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about what is trained.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules adapter_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      error(
          "4-bit without adapter", {"load_in_4bit", "adapter"},
          [](const C& c, const G&) { return c.adapter == AdapterKind::kNone && c.load_in_4bit; },
          "4-bit weights cannot be trained themselves; set adapter: qlora"),
      error(
          "qlora without 4-bit", {"adapter", "load_in_4bit"},
          [](const C& c, const G&) { return c.adapter == AdapterKind::kQlora && !c.load_in_4bit; },
          "qlora needs load_in_4bit: true"),
      error(
          "adapter without targets",
          {"adapter", "lora_target_modules", "lora_target_linear", "lora_target_parameters"},
          [](const C& c, const G&) {
            return c.adapter != AdapterKind::kNone && c.lora_target_modules.empty() &&
                   !c.lora_target_linear && c.lora_target_parameters.empty();
          },
          "nothing would be trained; say where adapters go with lora_target_linear: true, "
          "lora_target_modules or lora_target_parameters"),
      error(
          "dropout on parameters", {"lora_dropout", "lora_target_parameters"},
          [](const C& c, const G&) {
            return c.adapter != AdapterKind::kNone && !c.lora_target_parameters.empty() &&
                   c.lora_dropout > 0;
          },
          "must be 0 with lora_target_parameters, whose input it cannot reach"),
      notice(
          "lora keys without adapter",
          {"lora_target_modules", "lora_target_linear", "lora_target_parameters"},
          [](const C& c, const G& given) {
            return c.adapter == AdapterKind::kNone &&
                   (given.on("lora_target_modules") || given.on("lora_target_linear") ||
                    given.on("lora_target_parameters"));
          },
          "no effect: adapter is none, all weights are trained"),
  };
}

}  // namespace hone::config_rules
