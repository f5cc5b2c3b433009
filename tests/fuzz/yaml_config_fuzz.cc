// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A training configuration: YAML to a tree, and the tree to a checked configuration.
#include "tests/fuzz/fuzz_target.h"
#include "train/load_config.h"
#include "train/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone;
  fuzz::accepts({ErrorCode::kUsage}, [&] {
    const ConfigValue tree = parse_yaml(fuzz::text_of(data, size), "fuzz.yaml");
    // Paths are looked for in the folder of the corpus, which every input then has to itself.
    resolve_config(tree, "tests/fuzz", PathRoots{"tests/fuzz", {}});
  });
  return 0;
}
