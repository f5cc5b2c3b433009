// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace hone {

// Every key of the configuration in Markdown: tables by group, made from the table that parses
// them. train/README.md contains it between two marks.
std::string config_reference();

inline constexpr const char* kReferenceBegin = "<!-- config reference: begin -->\n";
inline constexpr const char* kReferenceEnd = "<!-- config reference: end -->\n";

// `readme` with what is between the marks replaced by config_reference().
// Errors: kUsage when a mark is missing.
std::string with_config_reference(const std::string& readme);

}  // namespace hone
