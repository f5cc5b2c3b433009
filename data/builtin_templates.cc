// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/builtin_templates.h"

namespace hone {
namespace {

struct NamedTemplate {
  std::string_view name, text;
};

constexpr NamedTemplate kTemplates[] = {
#include "data/builtin_templates.inc"
};

}  // namespace

std::optional<std::string_view> builtin_chat_template(std::string_view name) {
  for (const NamedTemplate& t : kTemplates)
    if (t.name == name) return t.text;
  return std::nullopt;
}

std::vector<std::string_view> builtin_chat_template_names() {
  std::vector<std::string_view> names;
  for (const NamedTemplate& t : kTemplates) names.push_back(t.name);
  return names;
}

}  // namespace hone
