// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// config.json. What is accepted describes a model; that of a text model survives being written and
// read again.
#include "models/config.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone;
  ModelConfig config;
  if (!fuzz::accepts({ErrorCode::kModel}, [&] {
        config = parse_model_config(parse_json(fuzz::text_of(data, size), {"config.json"}));
      }))
    return 0;
  fuzz::require(config.num_layers() > 0 && config.heads % config.kv_heads == 0, "heads");
  fuzz::require(config.moe.experts_per_token <= config.moe.experts, "experts");
  if (!config.name_infix.empty()) return 0;  // to_config_json writes no vision-language model
  const std::string written = to_config_json(config, "float32");
  const ModelConfig again = parse_model_config(parse_json(written, {"written"}));
  fuzz::require(to_config_json(again, "float32") == written, "written and read again: ", written);
  return 0;
}
