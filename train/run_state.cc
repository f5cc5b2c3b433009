// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/run_state.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace hone {
namespace {

constexpr IntRange kCount = {.min = 0};

Json number(double x) {
  if (std::isnan(x)) return "NaN";
  if (std::isinf(x)) return x > 0 ? "Infinity" : "-Infinity";
  return x;
}

Json number(const std::optional<double>& x) { return x ? number(*x) : Json(); }

double read_number(const JsonValue& json) {
  if (!json.is_string()) return json.as_double();
  const std::string text = json.as_string();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  json.reject("a number");
}

}  // namespace

std::string run_state_text(const RunState& s) {
  const Json json = {{"steps", s.steps},
                     {"optimizer_steps", s.optimizer_steps},
                     {"tokens", s.tokens},
                     {"first_loss", number(s.first_loss)},
                     {"last_loss", number(s.last_loss)},
                     {"seconds", number(s.seconds)},
                     {"skipped_in_row", s.skipped_in_row},
                     {"above_threshold", s.above_threshold},
                     {"evaluation",
                      {{"step", s.evaluation.step},
                       {"loss", number(s.evaluation.loss)},
                       {"best", number(s.evaluation.best)},
                       {"best_step", s.evaluation.best_step},
                       {"since_better", s.evaluation.since_better}}}};
  return json.dump(1) + "\n";
}

RunState parse_run_state(const JsonValue& json) {
  RunState s;
  s.steps = json.get_int("steps", kCount);
  s.optimizer_steps = json.get_int("optimizer_steps", kCount);
  s.tokens = json.get_int("tokens", kCount);
  s.first_loss = read_number(json.at("first_loss"));
  s.last_loss = read_number(json.at("last_loss"));
  s.seconds = read_number(json.at("seconds"));
  s.skipped_in_row = json.get_int("skipped_in_row", kCount);
  s.above_threshold = json.get_int("above_threshold", kCount);
  const JsonValue e = json.at("evaluation");
  s.evaluation.step = e.get_int("step", kCount);
  if (const auto loss = e.find("loss")) s.evaluation.loss = read_number(*loss);
  if (const auto best = e.find("best")) s.evaluation.best = read_number(*best);
  s.evaluation.best_step = e.get_int("best_step", kCount);
  s.evaluation.since_better = e.get_int("since_better", kCount);
  return s;
}

}  // namespace hone
