// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/result_file.h"

#include <nlohmann/json.hpp>

namespace hone {
namespace {

using Object = nlohmann::ordered_json;

Object number(const std::optional<double>& x) { return x ? Object(*x) : Object(); }

}  // namespace

std::string result_json(const RunResult& r) {
  const Object json = {{"exact_match_before", number(r.exact_match_before)},
                       {"exact_match_after", number(r.exact_match_after)},
                       {"rows", r.rows},
                       {"train_seconds", r.train_seconds},
                       {"peak_memory_bytes", r.peak_memory_bytes},
                       {"predicted_memory_bytes", r.predicted_memory_bytes},
                       {"steps", r.steps},
                       {"tokens", r.tokens},
                       {"first_loss", r.first_loss},
                       {"last_loss", r.last_loss},
                       {"eval_loss", number(r.eval_loss)}};
  return json.dump(2) + "\n";
}

}  // namespace hone
