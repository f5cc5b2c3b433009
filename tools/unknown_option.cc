// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/unknown_option.h"

#include <cstdio>
#include <string>
#include <vector>

#include "data/nearest_name.h"
#include "data/printable.h"
#include "tensor/check.h"

namespace hone {

int finish_parsing(const CLI::App& app, const CLI::ParseError& error) {
  const bool unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const std::string& argument : app.remaining()) {
    if (!unknown || !argument.starts_with('-')) continue;
    const std::string option = argument.substr(0, argument.find('='));
    const std::string near = nearest_name(option, names);
    std::fprintf(stderr, "error: unknown option '%s'; %s\n", printable(option).c_str(),
                 near.empty() ? "--help lists all" : ("did you mean '" + near + "'?").c_str());
    return static_cast<int>(ErrorCode::kUsage);
  }
  return app.exit(error) == 0 ? 0 : static_cast<int>(ErrorCode::kUsage);
}

}  // namespace hone
