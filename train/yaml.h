// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// YAML text to a ConfigValue tree.
//
// yaml-cpp scans and parses; the tree is built from its events, not from its nodes, because three
// rules need the events' positions and order:
//   - a key given twice in one map is an error (the node API silently keeps the first);
//   - '<<' merges the entries of an anchored map, or of a list of them, under the map's own keys;
//   - an alias copies what its anchor names, and every node made counts against kMaxYamlNodes. So a
//     file of a few hundred bytes cannot expand into a gigantic tree, nor an alias contain itself.
//
// One document per file; anything after a second '---' is an error. Tags other than the core ones
// (!!str, !!int, !!float, !!bool, !!null, !!seq, !!map) are an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "train/config_value.h"

namespace hone {

inline constexpr int64_t kMaxYamlNodes = 100'000;
inline constexpr int64_t kMaxYamlBytes = 1 << 20;

// Parses one document. `source` stands in front of the line and column of every position. An empty
// document gives a null value.
// Errors: kUsage with source:line:column.
ConfigValue parse_yaml(std::string_view text, const std::string& source);

// Reads `path`, a regular file of at most kMaxYamlBytes, and parses it; `source` is the name that
// messages show.
// Errors: kUsage.
ConfigValue parse_yaml_file(const std::filesystem::path& path, const std::string& source);

}  // namespace hone
