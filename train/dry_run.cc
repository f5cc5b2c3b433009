// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/dry_run.h"

#include "data/printable.h"
#include "train/progress.h"
#include "train/trainable_table.h"

namespace hone {
namespace {

std::string memory_text(const RunPlan& plan, const RunShapes& shapes) {
  const MemoryForecast& forecast = plan.forecast;
  std::string text = "memory at the peak: " + format_bytes(forecast.plan.peak_bytes) + "\n" +
                     memory_table(forecast.plan);
  if (forecast.fits()) return text;
  text += "this does not fit: " + forecast.limit_text() + "\n";
  const std::string edits =
      memory_edits(plan.config, plan.model.config, shapes, forecast.plan.peak_bytes);
  if (!edits.empty()) text += "what would help, with the peak predicted for it:\n" + edits;
  return text;
}

std::string sample_text(const RunPlan& plan, const Tokenizer& tokenizer, RowMarks marks) {
  Sampler sampler = plan.sampler;
  const int64_t example = sampler.at(0).micro_batches.front().examples.front();
  const TokenRow row = plan.data.train.example(example);
  const std::string legend = marks == RowMarks::kColour ? "green is learned, dim is read"
                                                        : "[[learned]], the rest is read";
  return "the first row of the run, " + printable(plan.data.train.where(example), 4096) + " (" +
         format_count(plan.data.train.length(example)) + " tokens, " +
         format_count(plan.data.train.labels(example)) + " learned; " + legend + "):\n" +
         view_row(tokenizer, row.ids, row.is_label, marks);
}

}  // namespace

std::string describe_dry_run(const RunPlan& plan, const RunShapes& shapes,
                             const Tokenizer& tokenizer, RowMarks marks) {
  return "\ntrained parameters: modules x parameters\n" +
         format_trainable_table(trainable_table(plan.model)) + "\n" + memory_text(plan, shapes) +
         "\n" + sample_text(plan, tokenizer, marks) + "\ndry run: nothing was trained; plan in " +
         (plan.output_dir / "plan.json").string() + "\n";
}

}  // namespace hone
