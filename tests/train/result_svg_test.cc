// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/result_svg.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "train/result_file.h"

namespace hone {
namespace {

using Curve = std::vector<CurvePoint>;

constexpr const char* kMetrics =
    R"({"step":0,"eval_loss":5,"eval_exact_match":0.01,"eval_answers":4}
{"step":0,"eval_loss":4,"eval_exact_match":0,"eval_answers":4}
{"step":1,"loss":3.5,"lr":0.1}
{"step":2,"loss":"NaN","lr":0.1,"skipped":true}
{"step":3,"loss":1.5,"lr":0.1}
{"step":3,"eval_loss":1.25,"eval_exact_match":0.75,"eval_answers":4}
)";

RunCurves curves_of(const std::string& text) {
  const TemporaryDirectory dir;
  write_file(dir / "metrics.jsonl", text);
  return read_curves(dir / "metrics.jsonl");
}

int count(const std::string& text, const std::string& part) {
  int n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST_CASE("read_curves: what metrics.jsonl says of each step") {
  const RunCurves c = curves_of(kMetrics);
  CHECK(c.loss == Curve{{1, 3.5}, {3, 1.5}});
  CHECK(c.eval_loss == Curve{{0, 4}, {3, 1.25}});
  CHECK(c.exact_match == Curve{{0, 0}, {3, 0.75}});
  CHECK(c.answers == 4);
  CHECK(value_at(c.exact_match, 3) == 0.75);
  CHECK(!value_at(c.exact_match, 2));
  error_of(ErrorCode::kInternal, [] { curves_of("{\"step\":\n"); });
}

TEST_CASE("result_svg: the curves between their axes") {
  const std::string svg = result_svg(curves_of(kMetrics));
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count(svg, "<polyline") == 3);
  // Step 1 of 3 at loss 3.5 of 4, step 3 at 1.5: x from 60 to 660, y from 310 to 44.
  CHECK(count(svg, "points=\"260.0,77.2 660.0,210.2\"") == 1);
  CHECK(count(svg, "points=\"60.0,310.0 660.0,110.5\"") == 1);  // 0 and 75 % of exact match
  CHECK(count(svg, "75 %") == 1);
  CHECK(svg == result_svg(curves_of(kMetrics)));
}

TEST_CASE("result_svg: without answers, without steps, with many steps") {
  const std::string loss_only = result_svg(curves_of("{\"step\":1,\"loss\":2.0}\n"));
  CHECK(count(loss_only, "<polyline") == 1);
  CHECK(count(loss_only, "exact match") == 0);
  CHECK(count(result_svg({}), "<polyline") == 0);
  RunCurves many;
  for (int64_t i = 1; i <= 100000; ++i) many.loss.push_back({i, i % 2 == 0 ? 1.0 : 3.0});
  const std::string thin = result_svg(many);
  CHECK(thin.size() < 20000);
  CHECK(count(thin, "660.0,") > 0);
}

TEST_CASE("result_json: the fields in order, null for what was not measured") {
  CHECK(result_json({}) ==
        "{\n  \"exact_match_before\": null,\n  \"exact_match_after\": null,\n  \"rows\": 0,\n"
        "  \"train_seconds\": 0.0,\n  \"peak_memory_bytes\": 0,\n"
        "  \"predicted_memory_bytes\": 0,\n  \"steps\": 0,\n  \"tokens\": 0,\n"
        "  \"first_loss\": 0.0,\n  \"last_loss\": 0.0,\n  \"eval_loss\": null\n}\n");
  const auto json = nlohmann::json::parse(result_json({0.0, 0.95, 240, 61.5, 10, 11}));
  CHECK(json["exact_match_before"] == 0.0);
  CHECK(json["exact_match_after"] == 0.95);
  CHECK(json["rows"] == 240);
  CHECK(result_json({.last_loss = std::numeric_limits<double>::quiet_NaN()})
            .find("\"last_loss\": null") != std::string::npos);
}

}  // namespace
}  // namespace hone
