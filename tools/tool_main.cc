// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/tool_main.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {

int tool_main(int argc, char** argv, int (*run)(int argc, char** argv)) {
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    if (const char* directory = std::getenv("BUILD_WORKING_DIRECTORY"))
      std::filesystem::current_path(directory);
    return run(argc, argv);
  } catch (const Error& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %s\n", printable_lines(e.what()).c_str());
    return static_cast<int>(e.code());
  } catch (const std::exception& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "internal error: %s\n", e.what());
    return static_cast<int>(ErrorCode::kInternal);
  }
}

}  // namespace hone
