// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace hone {

// What a program returns whose command line could not be read: prints the help that was asked for,
// or the error to standard error, with the nearest option for one that there is not.
int finish_parsing(const CLI::App& app, const CLI::ParseError& error);

}  // namespace hone
