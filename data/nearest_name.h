// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// "did you mean ...?" for names that nothing has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hone {

// The name that is the fewest edits and swaps of neighbours away from `name`, the first of several;
// empty when none is within a third of its length, or it has more than 64 bytes.
std::string nearest_name(std::string_view name, const std::vector<std::string>& names);

}  // namespace hone
