// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "data/tokenizer.h"
#include "train/memory_forecast.h"
#include "train/row_view.h"
#include "train/run_report.h"

namespace hone {

// What --dry-run prints after the header: the trainable table, memory by category with what would
// help if it does not fit, and one row with its loss mask, the first of the run.
std::string describe_dry_run(const RunPlan& plan, const RunShapes& shapes,
                             const Tokenizer& tokenizer, RowMarks marks);

}  // namespace hone
