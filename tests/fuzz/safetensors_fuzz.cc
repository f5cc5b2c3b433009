// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A whole safetensors file. What is accepted must lie inside the file and cover its data exactly.
#include <span>

#include "data/safetensors_header.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone;
  fuzz::accepts({ErrorCode::kModel}, [&] {
    const auto file = std::as_bytes(std::span(data, size));
    const SafetensorsHeader header = parse_safetensors(file, "fuzz.safetensors");
    const int64_t begin = 8 + safetensors_header_bytes(file, static_cast<int64_t>(size), "fuzz");
    int64_t covered = 0;
    for (const auto& [name, tensor] : header.tensors) {
      fuzz::require(tensor.offset >= begin && tensor.nbytes >= 0 &&
                        tensor.nbytes <= static_cast<int64_t>(size) - tensor.offset,
                    "a tensor outside the file");
      fuzz::require(tensor.shape.numel() * bits_of(tensor.type) == 8 * tensor.nbytes,
                    "size and shape disagree");
      covered += tensor.nbytes;
    }
    fuzz::require(covered == static_cast<int64_t>(size) - begin, "data that belongs to no tensor");
  });
  return 0;
}
