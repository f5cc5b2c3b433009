// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/run_curves.h"

#include <cmath>
#include <string>
#include <string_view>

#include "data/file.h"
#include "data/json.h"

namespace hone {
namespace {

// A step that is there already was measured again when the run went on.
void add(const JsonValue& line, std::string_view name, std::vector<CurvePoint>& curve) {
  const std::optional<JsonValue> value = line.find(name);
  if (!value || value->is_string()) return;  // "NaN", "Infinity"
  const CurvePoint point = {line.get_int("step"), value->as_double()};
  if (!curve.empty() && curve.back().step == point.step)
    curve.back() = point;
  else
    curve.push_back(point);
}

}  // namespace

RunCurves read_curves(const std::filesystem::path& metrics) {
  const std::string text = read_file(metrics.string(), ErrorCode::kDisk);
  RunCurves curves;
  for (size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const JsonValue line = parse_json(std::string_view(text).substr(begin, end - begin),
                                      {metrics.string(), ErrorCode::kInternal});
    add(line, "loss", curves.loss);
    add(line, "eval_loss", curves.eval_loss);
    add(line, "eval_exact_match", curves.exact_match);
    curves.answers = line.get_int_or("eval_answers", curves.answers);
  }
  return curves;
}

std::optional<double> value_at(const std::vector<CurvePoint>& curve, int64_t step) {
  for (const CurvePoint& point : curve)
    if (point.step == step) return point.value;
  return std::nullopt;
}

}  // namespace hone
