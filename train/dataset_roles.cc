// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/dataset_roles.h"

#include "data/printable.h"
#include "data/roles.h"

namespace hone {

std::map<std::string, std::string> template_roles(const DatasetConfig& dataset) {
  std::map<std::string, std::string> roles;
  for (const auto& [role, names] : dataset.roles)
    for (const std::string& name : names) roles[name] = role;
  return roles;
}

void check_roles_to_train(const ConfigValue& item, const std::string& prefix,
                          const DatasetConfig& dataset, ConfigErrors& errors) {
  const ConfigValue* written = item.find("roles_to_train");
  if (written == nullptr) return;
  RowFields fields;
  fields.roles = template_roles(dataset);
  for (const std::string& name : dataset.roles_to_train) {
    const std::string role = template_role(name, fields);
    if (is_known_role(role, fields)) continue;
    const SourcePosition* at = &written->at;
    for (const ConfigValue& value : written->items)
      if (value.text == name) at = &value.at;
    errors.add(*at, prefix + "roles_to_train: expected " + expected_roles(role, fields) +
                        ", found " + quote(name, 60));
  }
}

}  // namespace hone
