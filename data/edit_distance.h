// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How far apart two names are, for suggestions.
#pragma once

#include <cstdint>
#include <string_view>

namespace hone {

// Optimal string alignment distance: edits and swaps of neighbours, in bytes. Takes time and memory
// in proportion to the product of the lengths.
int64_t edit_distance(std::string_view a, std::string_view b);

}  // namespace hone
