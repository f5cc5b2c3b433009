// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace hone {

// Checks that `bytes`, with a fifth on top, are free on the file system of dir; one that does not
// say how large it is passes. `what`: what is to be written there.
// Errors: kDisk with both numbers and what to do.
void require_space(const std::filesystem::path& dir, int64_t bytes, const char* what);

}  // namespace hone
