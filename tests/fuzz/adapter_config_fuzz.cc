// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// adapter_config.json. What is accepted survives being written and read again.
#include "models/adapter_config.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone;
  LoraConfig config;
  if (!fuzz::accepts({ErrorCode::kModel}, [&] {
        config = parse_lora_config(parse_json(fuzz::text_of(data, size), {"adapter_config.json"}));
      }))
    return 0;
  fuzz::require(config.r >= 1 && config.dropout >= 0 && config.dropout < 1, "rank or dropout");
  const std::string written = adapter_config_json(config);
  const LoraConfig again = parse_lora_config(parse_json(written, {"written"}));
  fuzz::require(adapter_config_json(again) == written, "written and read again: ", written);
  return 0;
}
