// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/roles.h"

#include <algorithm>
#include <array>

#include "data/nearest_name.h"
#include "data/printable.h"

namespace hone {
namespace {

// developer, function, ipython and model are those of gpt-oss, OpenAI's older API, Llama and Gemma.
constexpr std::array<std::string_view, 8> kRoles = {"system", "developer", "user",    "assistant",
                                                    "tool",   "function",  "ipython", "model"};

// The known role that is meant, "" if none is near.
std::string nearest_role(std::string_view role, const RowFields& fields) {
  std::vector<std::string> known(kRoles.begin(), kRoles.end());
  for (const auto& [theirs, ours] : fields.roles) known.push_back(ours);
  return nearest_name(role, known);
}

}  // namespace

std::string template_role(const std::string& role, const RowFields& fields) {
  if (const auto known = fields.roles.find(role); known != fields.roles.end()) return known->second;
  if (role == "human") return "user";
  if (role == "gpt") return "assistant";
  if (role == "observation") return "tool";
  return role;
}

bool is_known_role(std::string_view role, const RowFields& fields) {
  return std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end() ||
         std::any_of(fields.roles.begin(), fields.roles.end(),
                     [&](const auto& entry) { return entry.second == role; });
}

std::string expected_roles(std::string_view role, const RowFields& fields) {
  std::string text = "one of ";
  for (size_t i = 0; i < kRoles.size(); ++i) text.append(i == 0 ? "" : ", ").append(kRoles[i]);
  if (const std::string nearest = nearest_role(role, fields); !nearest.empty())
    text += " (did you mean " + quote(nearest) + "?)";
  return text + ", or a role that the dataset's key roles names, as in roles: {critic: [critic]}";
}

}  // namespace hone
