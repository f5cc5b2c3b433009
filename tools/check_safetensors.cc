// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The C++ half of check_safetensors.py.
//   standard input    any number of: a length, 8 bytes little-endian, and a safetensors file of it
//   standard output   a line for each: "accepted N" with its tensors, or "refused MESSAGE"
#include <cstdint>
#include <cstdio>
#include <string>

#include "data/safetensors_header.h"
#include "tensor/check.h"

namespace hone {
namespace {

// Fills `bytes`; false at the end of the input.
bool read_exactly(void* bytes, size_t size) { return std::fread(bytes, 1, size, stdin) == size; }

void check_file(const std::string& file) {
  try {
    const SafetensorsHeader header = parse_safetensors(std::as_bytes(std::span(file)), "file");
    std::printf("accepted %zu\n", header.tensors.size());
  } catch (const Error& e) {
    std::printf("refused %s\n", e.what());
  }
}

int run() {
  uint64_t size = 0;
  while (read_exactly(&size, sizeof size)) {
    std::string file(size, '\0');
    if (!read_exactly(file.data(), file.size())) return 1;
    check_file(file);
  }
  return 0;
}

}  // namespace
}  // namespace hone

int main() { return hone::run(); }
