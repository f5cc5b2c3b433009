// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/memory_forecast.h"

#include <algorithm>
#include <utility>

#include "tensor/check.h"
#include "train/model_options.h"
#include "train/progress.h"

namespace hone {
namespace {

// A change of the configuration, as the user would write it.
struct Edit {
  std::string text;
  TrainConfig config;
  RunShapes shapes;
};

int64_t scaled(int64_t value, int64_t numerator, int64_t denominator) {
  return std::max<int64_t>(1, (value * numerator + denominator - 1) / denominator);
}

RowShape scaled(const RowShape& row, int64_t numerator, int64_t denominator) {
  return {scaled(row.tokens, numerator, denominator),
          scaled(row.documents, numerator, denominator)};
}

RunShapes with_training(RunShapes shapes, int64_t numerator, int64_t denominator) {
  for (RowShape& row : shapes.training) row = scaled(row, numerator, denominator);
  return shapes;
}

RunShapes with_evaluation(RunShapes shapes, int64_t numerator, int64_t denominator) {
  if (shapes.evaluation) shapes.evaluation = scaled(*shapes.evaluation, numerator, denominator);
  return shapes;
}

bool keeps_f32(const TrainConfig& config) { return load_options(config).dtype == DType::f32; }

void use_adapter(TrainConfig& config, bool four_bits) {
  if (config.adapter == AdapterKind::kNone) config.lora_target_linear = true;
  config.adapter = four_bits ? AdapterKind::kQlora : AdapterKind::kLora;
  config.load_in_4bit = four_bits;
}

std::vector<Edit> possible_edits(const TrainConfig& config, const RunShapes& shapes) {
  constexpr int64_t kShortest = 128;  // tokens; shorter rows are no advice
  std::vector<Edit> edits;
  const auto add = [&](std::string text, auto&& change, RunShapes changed_shapes) {
    TrainConfig changed = config;
    change(changed);
    edits.push_back({std::move(text), std::move(changed), std::move(changed_shapes)});
  };
  if (const int64_t half = config.micro_batch_size / 2; half >= 1) {
    const RunShapes fewer = with_training(shapes, half, config.micro_batch_size);
    add(
        "micro_batch_size: " + std::to_string(half) + " (gradient_accumulation_steps: " +
            std::to_string(config.gradient_accumulation_steps * 2) + ")",
        [&](TrainConfig& c) { c.micro_batch_size = half; },
        config.eval_batch_size ? fewer : with_evaluation(fewer, half, config.micro_batch_size));
  }
  const int64_t eval_batch = config.eval_batch_size.value_or(config.micro_batch_size);
  if (shapes.evaluation && eval_batch > 1)
    add(
        "eval_batch_size: " + std::to_string(eval_batch / 2),
        [&](TrainConfig& c) { c.eval_batch_size = eval_batch / 2; },
        with_evaluation(shapes, eval_batch / 2, eval_batch));
  if (const int64_t half = config.sequence_len / 2; half >= kShortest)
    add(
        "sequence_len: " + std::to_string(half), [&](TrainConfig& c) { c.sequence_len = half; },
        with_evaluation(with_training(shapes, 1, 2), 1, 2));
  if (!config.gradient_checkpointing)
    add(
        "gradient_checkpointing: true", [](TrainConfig& c) { c.gradient_checkpointing = true; },
        shapes);
  if (config.adapter == AdapterKind::kNone)
    add(
        "adapter: lora, lora_target_linear: true",
        [](TrainConfig& c) { use_adapter(c, /*four_bits=*/false); }, shapes);
  if (!config.load_in_4bit)
    add(
        config.adapter == AdapterKind::kNone
            ? "adapter: qlora, load_in_4bit: true, lora_target_linear: true"
            : "adapter: qlora, load_in_4bit: true",
        [](TrainConfig& c) { use_adapter(c, /*four_bits=*/true); }, shapes);
  if (config.optimizer == OptimizerKind::kAdamW)
    add(
        "optimizer: adamw_bnb_8bit",
        [](TrainConfig& c) { c.optimizer = OptimizerKind::kAdamW8bit; }, shapes);
  if (config.adapter != AdapterKind::kNone && config.lora_r > 8)
    add(
        "lora_r: " + std::to_string(config.lora_r / 2), [](TrainConfig& c) { c.lora_r /= 2; },
        shapes);
  if (keeps_f32(config))
    add(
        "bf16: true", [](TrainConfig& c) { c.bf16 = Bf16::kTrue; }, shapes);
  return edits;
}

MemoryPlan predict(const TrainConfig& config, const ModelConfig& model, const RunShapes& shapes) {
  // The number of steps changes learning rates only.
  return predict_memory(load_options(config), trainer_settings(config, model, 1), shapes);
}

std::string table_line(std::string text, int64_t bytes) {
  constexpr size_t kColumn = 32;
  text.resize(std::max(kColumn, text.size() + 2), ' ');
  return "  " + text + format_bytes(bytes);
}

}  // namespace

std::vector<RowShape> largest_rows(Sampler sampler, int64_t total_steps) {
  RowShape largest;
  const auto consider = [&](const MicroBatch& batch) {
    if (std::pair(batch.tokens, batch.documents) > std::pair(largest.tokens, largest.documents))
      largest = {batch.tokens, batch.documents};
  };
  // A run of more steps than can be gone through in a few seconds meets any micro batch there can be.
  constexpr int64_t kMostExamples = int64_t{1} << 24;
  // With packing all micro batches of an epoch have one shape.
  const int64_t stride = sampler.settings().packing ? sampler.steps_per_epoch() : 1;
  int64_t examples = 0;
  for (int64_t step = 0; step < total_steps; step += stride) {
    for (const MicroBatch& batch : sampler.at(step).micro_batches) {
      consider(batch);
      examples += std::ssize(batch.examples) * stride;
    }
    if (examples > kMostExamples) {
      consider(sampler.bound());
      break;
    }
  }
  const size_t rows = sampler.settings().accumulation_steps > 1 ? 2 : 1;
  return std::vector<RowShape>(rows, largest);
}

std::string MemoryForecast::limit_text() const {
  if (limit_is_key) return "memory_limit is " + format_bytes(limit_bytes);
  return std::string(is_gpu(device) ? "the GPU has " : "the machine has ") +
         format_bytes(limit_bytes) + " left";
}

RunShapes run_shapes(const TrainConfig& config, const Sampler& sampler, int64_t total_steps,
                     const Dataset& validation) {
  RunShapes shapes = {largest_rows(sampler, total_steps), std::nullopt};
  if (validation.size() == 0 || config.eval_strategy == StepStrategy::kNo) return shapes;
  const Sampler evaluation(validation.lengths(), sampler_settings(evaluator_settings(config)));
  shapes.evaluation = largest_rows(evaluation, evaluation.steps_per_epoch()).front();
  return shapes;
}

MemoryForecast forecast_memory(const TrainConfig& config, const ModelConfig& model,
                               const RunShapes& shapes, int64_t available_bytes) {
  MemoryForecast forecast = {predict(config, model, shapes), available_bytes, false,
                             training_device(config)};
  if (config.memory_limit) {
    forecast.limit_bytes = config.memory_limit->bytes;
    forecast.limit_is_key = true;
  }
  return forecast;
}

std::string memory_table(const MemoryPlan& plan, size_t most) {
  std::vector<std::pair<std::string, int64_t>> parts(plan.at_peak.begin(), plan.at_peak.end());
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  int64_t others = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i + 1 >= most && parts.size() > most)
      others += parts[i].second;
    else
      text += table_line(parts[i].first, parts[i].second) + "\n";
  }
  if (others > 0) text += table_line("everything else", others) + "\n";
  return text;
}

std::string memory_edits(const TrainConfig& config, const ModelConfig& model,
                         const RunShapes& shapes, int64_t peak_bytes) {
  constexpr size_t kShown = 3;
  std::vector<std::pair<int64_t, std::string>> useful;  // peak, text
  for (const Edit& edit : possible_edits(config, shapes)) {
    try {
      const int64_t peak = predict(edit.config, model, edit.shapes).peak_bytes;
      if (peak < peak_bytes) useful.emplace_back(peak, edit.text);
    } catch (const Error&) {
      // This model cannot be trained so: no advice.
    }
  }
  std::stable_sort(useful.begin(), useful.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (size_t i = 0; i < std::min(kShown, useful.size()); ++i) {
    const auto& [peak, edit] = useful[i];
    text += table_line(edit, peak) + ", saves " + format_bytes(peak_bytes - peak) + "\n";
  }
  return text;
}

void require_memory(const MemoryForecast& forecast, const TrainConfig& config,
                    const ModelConfig& model, const RunShapes& shapes) {
  if (forecast.fits()) return;
  std::string edits = memory_edits(config, model, shapes, forecast.plan.peak_bytes);
  if (!edits.empty()) edits = "\nwhat would help, with the peak predicted for it:\n" + edits;
  std::string text = "memory: the run needs " + format_bytes(forecast.plan.peak_bytes) +
                     " at its peak, " + forecast.limit_text() + "; nothing was loaded\n" +
                     memory_table(forecast.plan) + edits;
  text.pop_back();  // the last line end
  fail(ErrorCode::kOutOfMemory, text);
}

}  // namespace hone
