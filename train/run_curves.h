// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The course of a run, as metrics.jsonl tells it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace hone {

struct CurvePoint {
  int64_t step = 0;
  double value = 0;

  bool operator==(const CurvePoint&) const = default;
};

// Each by ascending step. Numbers that are not finite are left out.
struct RunCurves {
  std::vector<CurvePoint> loss;         // of training
  std::vector<CurvePoint> eval_loss;    // of held-out rows; step 0 is before training
  std::vector<CurvePoint> exact_match;  // 0 to 1
  int64_t answers = 0;                  // held-out rows that exact_match is about
};

// Errors: kDisk; kInternal for a file that is not metrics.jsonl.
RunCurves read_curves(const std::filesystem::path& metrics);

// The value at a step, if there is one.
std::optional<double> value_at(const std::vector<CurvePoint>& curve, int64_t step);

}  // namespace hone
