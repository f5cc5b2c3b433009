// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/row_counts.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace hone {
namespace {

constexpr std::pair<const char*, int64_t RowCounts::*> kCounts[] = {
    {"rows", &RowCounts::rows},
    {"kept", &RowCounts::kept},
    {"examples", &RowCounts::examples},
    {"too_long", &RowCounts::too_long},
    {"too_short", &RowCounts::too_short},
    {"unlabelled", &RowCounts::unlabelled},
    {"conversations", &RowCounts::conversations},
    {"truncated", &RowCounts::truncated},
    {"longest", &RowCounts::longest},
    {"tokens", &RowCounts::tokens},
    {"labels", &RowCounts::labels},
};

}  // namespace

std::string describe_dropped(const RowCounts& counts, int64_t max_tokens) {
  std::string text;
  const auto add = [&](int64_t count, const std::string& why) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + why;
  };
  add(counts.too_long, "longer than sequence_len " + std::to_string(max_tokens) +
                           " (the longest has " + std::to_string(counts.longest) + " tokens)");
  add(counts.too_short, "too short");
  add(counts.unlabelled, "without anything to learn");
  if (text.empty()) return text;
  return std::to_string(counts.rows - counts.kept) + " of " + std::to_string(counts.rows) +
         " rows dropped: " + text;
}

Json row_counts_json(const RowCounts& counts) {
  Json json = Json::object();
  json["path"] = counts.path;
  json["format"] = counts.format;
  json["learned_roles"] = counts.learned_roles;
  for (const auto& [name, member] : kCounts) json[name] = counts.*member;
  return json;
}

RowCounts read_row_counts(const JsonValue& value) {
  RowCounts counts;
  counts.path = value.get_string("path");
  counts.format = value.get_string("format");
  counts.learned_roles = value.get_string("learned_roles");
  for (const auto& [name, member] : kCounts)
    counts.*member = value.get_int(name, {0, std::numeric_limits<int64_t>::max()});
  return counts;
}

}  // namespace hone
