// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// model.safetensors.index.json. What is accepted names plain files.
#include "data/checkpoint_files.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone;
  fuzz::accepts({ErrorCode::kModel}, [&] {
    for (const auto& [tensor, file] : parse_weight_map(fuzz::text_of(data, size), "index.json"))
      fuzz::require(file.ends_with(".safetensors") &&
                        file.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos,
                    "a file name that leaves the directory: ", file);
  });
  return 0;
}
