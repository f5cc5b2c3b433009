// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A whole finetuning run: data, model, steps, result.
#pragma once

#include <cstdio>
#include <filesystem>

#include "train/load_config.h"
#include "train/paths.h"
#include "train/run_report.h"

namespace hone {

// Does what the configuration says. Header, progress and summary go to `out`; metrics.jsonl and the
// result to the output folder, which is created once data and model are loaded.
// Errors: as its parts; nothing is caught.
RunOutcome run_finetuning(const LoadedConfig& loaded, const PathRoots& roots, std::FILE* out);

}  // namespace hone
