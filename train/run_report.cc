// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/run_report.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "data/printable.h"
#include "tensor/allocator.h"
#include "tensor/gpu.h"
#include "train/model_options.h"
#include "train/progress.h"

namespace hone {
namespace {

std::string printed(const char* format, double value) {
  std::array<char, 64> buffer = {};
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

std::string line(std::string_view name, const std::string& text) {
  constexpr size_t kColumn = 9;
  std::string result(name);
  result.resize(std::max(kColumn, name.size() + 1), ' ');
  return result + text + "\n";
}

std::string model_text(const RunPlan& plan) {
  const ModelConfig& c = plan.model.config;
  std::string kinds;
  for (const auto& [type, name] : {std::pair{LayerType::linear_attention, "linear"},
                                   {LayerType::sliding_attention, "sliding attention"},
                                   {LayerType::full_attention, "full attention"}})
    if (const auto n = std::count(c.layers.begin(), c.layers.end(), type); n > 0)
      kinds += (kinds.empty() ? "" : ", ") + std::to_string(n) + " " + name;
  std::string text = printable(plan.config.base_model.written, 4096) + ": " + c.architecture +
                     ", " + std::to_string(c.num_layers()) + " layers (" + kinds + "), ";
  if (c.is_moe())
    text += std::to_string(c.moe.experts) + " experts (" + std::to_string(c.moe.experts_per_token) +
            " a token), ";
  text += format_count(base_parameters(plan.model)) + " parameters, " +
          name_of(load_options(plan.config).dtype);
  if (plan.config.load_in_4bit)
    text += std::string(" and ") + name_of(plan.config.bnb_4bit_quant_type);
  return text;
}

std::string trains_text(const RunPlan& plan) {
  int64_t tensors = 0, base_tensors = 0, base = 0;  // that train; parameters of the base
  for (const nn::Parameter& p : plan.model.parameters) {
    tensors += p.trainable;
    base_tensors += p.trainable && !p.adapter;
    base += p.trainable && !p.adapter ? p.shape.numel() : 0;
  }
  const auto amount = [](int64_t parameters, int64_t count) {
    return format_count(parameters) + " parameters in " + std::to_string(count) + " tensors";
  };
  const int64_t parameters = plan.model.arena->parameters();
  const std::optional<LoraConfig>& lora = plan.model.lora;
  if (!lora)
    return (plan.config.unfrozen_parameters.empty() ? "all weights: " : "a part of the weights: ") +
           amount(parameters, tensors);
  std::string text = "LoRA of rank " + std::to_string(lora->r) + ", alpha " +
                     printed("%g", lora->alpha) + ": " +
                     amount(parameters - base, tensors - base_tensors);
  if (base > 0) text += "; with them " + amount(base, base_tensors) + " of the base";
  return text;
}

std::string file_text(const RowCounts& file, int64_t sequence_len) {
  std::string text = printable(file.path, 4096) + ": " + format_count(file.rows) + " rows";
  if (!file.format.empty()) text += " (" + printable(file.format) + ")";
  const auto add = [&](int64_t count, const std::string& what) {
    if (count > 0) text += ", " + format_count(count) + " " + what;
  };
  const std::string longer = "longer than " + std::to_string(sequence_len) + " tokens (up to " +
                             format_count(file.longest) + ")";
  add(file.too_long, "dropped: " + longer);
  add(file.truncated, "cut: " + longer);
  add(file.too_short, "dropped: too short");
  add(file.unlabelled, "dropped: nothing to learn");
  return text;
}

std::string examples_text(const Dataset& dataset) {
  return format_count(dataset.size()) + " examples, " + format_count(dataset.tokens()) +
         " tokens, " + format_count(dataset.total_labels()) + " of them learned";
}

std::string rows_text(const RunPlan& plan) {
  const std::string rows = format_count(plan.sampler.rows_per_epoch());
  const std::string length = std::to_string(plan.config.sequence_len) + " tokens";
  if (!plan.config.sample_packing) return rows + " of one example, at most " + length;
  return rows + " of " + length + ", packed, " +
         printed("%.1f %% full", 100 * plan.sampler.efficiency());
}

std::string steps_text(const RunPlan& plan) {
  const TrainConfig& c = plan.config;
  const double epochs =
      static_cast<double>(plan.total_steps) / static_cast<double>(plan.sampler.steps_per_epoch());
  std::string text = format_count(plan.total_steps) + " (" + printed("%.3g", epochs) +
                     " epochs), each of " + std::to_string(c.micro_batch_size) + " x " +
                     std::to_string(c.gradient_accumulation_steps) + " rows; learning rate " +
                     printed("%g", c.learning_rate);
  if (plan.warmup_steps > 0) text += ", warmup of " + format_count(plan.warmup_steps) + " steps";
  return text;
}

// "412 MiB at the peak of a step: optimizer state 120 MiB, activations 80 MiB, ...; limit 2 GiB".
std::string memory_text(const MemoryForecast& forecast) {
  constexpr size_t kShown = 4;
  if (forecast.plan.peak_bytes == 0)
    return format_bytes(memory_stats(forecast.device).live) + " before the first step";
  std::vector<std::pair<int64_t, std::string>> parts;
  for (const auto& [label, bytes] : forecast.plan.at_peak) parts.emplace_back(bytes, label);
  std::sort(parts.rbegin(), parts.rend());
  std::string text = format_bytes(forecast.plan.peak_bytes) + " predicted for the peak";
  for (size_t i = 0; i < std::min(kShown, parts.size()); ++i)
    text += (i == 0 ? ": " : ", ") + parts[i].second + " " + format_bytes(parts[i].first);
  if (forecast.limit_bytes > 0) text += "; " + forecast.limit_text();
  return text;
}

// A word of a shell's command line.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

bool is_chat(const TrainConfig& config) {
  const RowType type = config.datasets.empty() ? RowType::kAuto : config.datasets[0].type.word;
  return type == RowType::kAuto || type == RowType::kMessages || type == RowType::kShareGpt ||
         type == RowType::kQuestionAnswer || type == RowType::kAlpacaTemplate;
}

// Commands to go on with: ask the result something, and train on other rows.
std::string next_lines(const RunPlan& plan, const RunOutcome& outcome) {
  const std::string base = plan.config.base_model.path.string();
  std::string ask = "tools/bazel run //tools:generate --";
  if (plan.model.lora)
    ask += " --model " + shell_word(base.empty() ? plan.config.base_model.written : base) +
           " --adapter " + shell_word(outcome.result.string());
  else
    ask += " --model " + shell_word(outcome.result.string());
  if (base.empty() && plan.model.lora)
    ask += " --tokenizer " + shell_word(tokenizer_dir(plan.config));
  if (plan.config.load_in_4bit)
    ask += std::string(" --load-in-4bit ") + name_of(plan.config.bnb_4bit_quant_type);
  if (is_chat(plan.config)) ask += " --chat";
  const std::vector<HeldOutAnswer>& shown = outcome.answers.after;
  if (!shown.empty() || !is_chat(plan.config))
    ask += " --prompt " + (shown.empty() ? "TEXT" : shell_word(printable(shown[0].prompt, 300)));
  return line("next", ask) + line("",
                                  "tools/bazel run //train:finetune -- train/examples/gsm8k.yaml "
                                  "datasets.0.path=YOUR_ROWS.jsonl");
}

// "exact match 95.0 % (228 of 240)".
std::string exact_match_text(double part, int64_t rows) {
  return printed("exact match %.1f %% (", 100 * part) +
         format_count(std::llround(part * static_cast<double>(rows))) + " of " +
         format_count(rows) + ")";
}

// The prompts that were answered before and after, each with its answers.
std::string answer_lines(const ShownAnswers& shown) {
  constexpr int64_t kLongest = 300;  // bytes of a text
  const auto column = [](const char* name, const std::string& text) {
    return line("", std::string(name) + printable(text, kLongest));
  };
  std::string lines;
  for (size_t i = 0; i < shown.after.size(); ++i) {
    const HeldOutAnswer& a = shown.after[i];
    lines += line("", a.where) + column("  prompt  ", a.prompt);
    if (i < shown.before.size()) lines += column("  before  ", shown.before[i].answer);
    lines += column("  after   ", a.answer);
    if (!a.exact()) lines += column("  wanted  ", a.expected);
  }
  return lines;
}

// What the evaluations said, if there were any.
std::string evaluation_lines(const RunPlan& plan, const RunOutcome& o) {
  const EvaluationState& e = o.evaluation;
  if (!e.loss) return "";
  std::string text = printed("loss %.4f", *e.loss);
  if (e.best)
    text += printed(", the lowest %.4f", *e.best) + " after step " + format_count(e.best_step);
  std::string lines = line("held out", text);
  if (o.exact_match_after) {
    std::string match = exact_match_text(*o.exact_match_after, o.answered);
    if (o.exact_match_before)
      match += printed(", before training %.1f %%", 100 * *o.exact_match_before);
    lines += line("answers", match);
  }
  lines += answer_lines(o.answers);
  if (o.stopped_early)
    lines +=
        line("", "stopped after " + format_count(o.steps) + " of " +
                     format_count(plan.total_steps) + " steps: evaluations no longer got better");
  if (plan.config.load_best_model_at_end && e.best)
    lines += line("", "the result is the model after step " + format_count(e.best_step));
  return lines;
}

}  // namespace

std::string format_count(int64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool group_starts = i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-';
    if (group_starts) text += ',';
    text += digits[i];
  }
  return text;
}

int64_t base_parameters(const LoadedModel& model) {
  int64_t parameters = 0;
  for (const nn::Parameter& p : model.parameters)
    if (!p.adapter) parameters += p.shape.numel();
  return parameters;
}

std::string trainable_parts(const LoadedModel& model) {
  std::vector<std::pair<std::string, int64_t>> parts;
  for (const nn::Parameter& p : model.parameters) {
    if (!p.trainable) continue;
    // "model.layers.3.mlp.experts.down_proj" -> "mlp.experts"; elsewhere one word is enough.
    std::string_view path = p.name;
    if (path.starts_with("model.")) path.remove_prefix(path.find('.') + 1);
    if (path.starts_with("layers.")) {
      path.remove_prefix(path.find('.') + 1);
      path.remove_prefix(path.find('.') + 1);
    }
    const size_t words = path.starts_with("mlp.") ? path.find('.') + 1 : 0;
    const std::string part(path.substr(0, path.find('.', words)));
    const auto known = std::find_if(parts.begin(), parts.end(),
                                    [&](const auto& entry) { return entry.first == part; });
    if (known != parts.end())
      known->second += p.shape.numel();
    else
      parts.emplace_back(part, p.shape.numel());
  }
  std::string text;
  for (const auto& [part, parameters] : parts)
    text += (text.empty() ? "" : ", ") + part + " " + format_count(parameters);
  return text;
}

std::string describe_plan(const RunPlan& plan) {
  std::string text;
  if (const Device device = plan.forecast.device; is_gpu(device))
    text += line("device", device == kMetaGpu ? "a GPU, though none is here: " + why_no_gpu()
                                              : gpu_properties(device).name);
  text += line("model", model_text(plan));
  text += line("trains", trains_text(plan));
  text += line("", trainable_parts(plan.model));
  for (const RowCounts& file : plan.data.train.files())
    text += line("data", file_text(file, plan.config.sequence_len));
  if (!plan.config.test_datasets.empty())
    for (const RowCounts& file : plan.data.validation.files())
      text += line("eval", file_text(file, plan.config.sequence_len));
  text += line("", examples_text(plan.data.train));
  if (plan.data.validation.size() > 0)
    text += line("held out", examples_text(plan.data.validation));
  text += line("rows", rows_text(plan));
  text += line("steps", steps_text(plan));
  text += line("memory", memory_text(plan.forecast));
  text += line("output", plan.output_dir.string());
  if (!plan.resumed_from.empty()) text += line("resumed", "from " + plan.resumed_from.string());
  text += line("seed", std::to_string(plan.config.seed));
  for (const std::string& notice : plan.notices) text += line("note", notice);
  return text;
}

std::string describe_exact_match(const AnswerEvaluation& e) {
  return exact_match_text(e.exact_match(), static_cast<int64_t>(e.answers.size()));
}

RunOutcome outcome_of(const RunState& state) {
  return {.first_loss = state.first_loss,
          .last_loss = state.last_loss,
          .steps = state.steps,
          .tokens = state.tokens,
          .seconds = state.seconds,
          .evaluation = state.evaluation};
}

std::string describe_outcome(const RunPlan& plan, const RunOutcome& o) {
  const double speed = o.seconds > 0 ? static_cast<double>(o.tokens) / o.seconds : 0;
  const std::string numbers =
      printed("loss %.4f", o.first_loss) + printed(" -> %.4f", o.last_loss) + ", " +
      format_count(o.steps) + " steps in " + format_duration(o.seconds) +
      printed(", %.0f tokens/s", speed) + ", peak memory " +
      format_bytes(memory_stats(plan.forecast.device).peak) +
      (plan.forecast.plan.peak_bytes == 0
           ? ""
           : " (predicted " + format_bytes(plan.forecast.plan.peak_bytes) + ")");
  if (o.signal != 0)
    return line("stopped", std::string("by SIG") + ::sigabbrev_np(o.signal) + " after " +
                               format_count(o.steps) + " of " + format_count(plan.total_steps) +
                               " steps; " + numbers) +
           line("state", o.result.string()) +
           line("next", "the same command with resume_from_checkpoint=auto output_dir=" +
                            plan.output_dir.string());
  return line("done", numbers) + evaluation_lines(plan, o) +
         line(plan.model.lora ? "adapter" : "model", o.result.string()) + next_lines(plan, o);
}

std::string describe_finished(const std::filesystem::path& checkpoint, const RunOutcome& o,
                              const std::vector<std::string>& notices) {
  std::string text;
  for (const std::string& notice : notices) text += line("note", notice);
  return text +
         line("done", "nothing to do: " + checkpoint.string() + " is after the last step, " +
                          format_count(o.steps)) +
         line("result", o.result.string());
}

}  // namespace hone
