// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hone {

// The main function of a tool: run(argc, argv) where the user stands, also under `bazel run`. An Error is
// printed as "error: ..." and its code returned; any other exception is an internal error. What was
// printed before comes first. A write beyond `ulimit -f` is an Error like any other.
int tool_main(int argc, char** argv, int (*run)(int argc, char** argv));

}  // namespace hone
