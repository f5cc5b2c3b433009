// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instead of libFuzzer, for any compiler: runs a fuzz target over files, and over the same files
// cut short, once each. A crash names the input.
//   arguments: files and directories
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (fs::is_regular_file(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

void run(const std::string& input) {
  // A copy of exactly this size: reading past its end is an error that AddressSanitizer sees.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  int64_t files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& path : files_in(argv[i])) {
      std::fprintf(stderr, "%s\n", path.c_str());
      std::ifstream file(path, std::ios::binary);
      const std::string input{std::istreambuf_iterator<char>(file), {}};
      if (!file.is_open()) return 1;
      run(input);
      for (const size_t cut : {input.size() / 4, input.size() / 2, input.size() - input.size() / 8})
        run(input.substr(0, cut));
      ++files;
    }
  }
  std::fprintf(stderr, "%lld files\n", static_cast<long long>(files));
  return files > 0 ? 0 : 1;
}
