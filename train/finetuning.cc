// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/finetuning.h"

#include <chrono>
#include <optional>

#include "data/chat_format.h"
#include "data/file.h"
#include "data/printable.h"
#include "data/special_tokens.h"
#include "tensor/allocator.h"
#include "train/config_yaml.h"
#include "train/dry_run.h"
#include "train/export_model.h"
#include "train/host_memory.h"
#include "train/memory_forecast.h"
#include "train/metrics.h"
#include "train/model_options.h"
#include "train/plan_file.h"
#include "train/progress.h"
#include "train/training_data.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

ChatWriter chat_writer(const TrainConfig& config, const Tokenizer& tokenizer) {
  check_qwen3_5_marks(tokenizer);
  return {render_qwen3_5_chat, "qwen3_5", read_eos_token(tokenizer_dir(config))};
}

void check_vocabulary(const Tokenizer& tokenizer, const ModelConfig& model,
                      const TrainConfig& config) {
  if (tokenizer.vocab_size() > model.vocab_size)
    fail(ErrorCode::kModel, printable(tokenizer_dir(config), 4096),
         ": the tokenizer has ids up to ", tokenizer.vocab_size() - 1,
         ", but the model's vocab_size is ", model.vocab_size, "; they do not belong together");
}

void make_output_dir(const std::filesystem::path& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error)
    fail(ErrorCode::kDisk, "output_dir: cannot create ", dir.string(), ": ", error.message());
}

void say(std::FILE* out, const std::string& text) {
  std::fputs(text.c_str(), out);
  std::fflush(out);
}

// What programs and people can read about the run beside its results.
void write_plan(const RunPlan& plan) {
  make_output_dir(plan.output_dir);
  TrainConfig config = plan.config;
  config.dry_run = false;  // the file is for the run itself
  config.output_dir = plan.output_dir;
  write_file((plan.output_dir / "config.resolved.yaml").string(), config_yaml(config));
  write_file((plan.output_dir / "plan.json").string(), plan_json(plan));
}

// The key memory_limit, for as long as a run lasts.
class MemoryLimit {
 public:
  explicit MemoryLimit(const std::optional<ByteSize>& limit) : set_(limit.has_value()) {
    if (set_) set_memory_cap(kCpu, limit->bytes);
  }
  ~MemoryLimit() {
    if (set_) set_memory_cap(kCpu, 0);
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  bool set_;
};

// Runs `body`; when memory runs out, the error says what would help.
template <class Body>
auto with_memory_advice(const RunPlan& plan, const std::vector<RowShape>& rows, Body body) {
  try {
    return body();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kOutOfMemory) throw;
    const std::string edits =
        memory_edits(plan.config, plan.model.config, rows, plan.forecast.plan.peak_bytes);
    fail(e.code(), e.what(),
         edits.empty() ? "" : "\nwhat would help, with the peak predicted for it:\n",
         edits.substr(0, edits.empty() ? 0 : edits.size() - 1));
  }
}

// Runs the steps, writing metrics and progress.
RunOutcome run_steps(Trainer& trainer, const RunPlan& plan, std::FILE* out) {
  MetricsWriter metrics((plan.output_dir / "metrics.jsonl").string());
  ProgressPrinter progress(out, plan.config.logging_steps);
  RunOutcome outcome;
  const Clock::time_point start = Clock::now();
  while (trainer.steps_done() < plan.total_steps) {
    const Clock::time_point step_start = Clock::now();
    const StepResult r = trainer.step();
    const double speed = static_cast<double>(r.tokens) / seconds_since(step_start);
    const int64_t memory = memory_stats(kCpu).peak;
    metrics.write({.step = r.step,
                   .loss = r.loss,
                   .lr = r.learning_rate,
                   .grad_norm = r.grad_norm,
                   .tokens = r.tokens,
                   .tokens_per_second = speed,
                   .memory_bytes = memory});
    outcome.seconds = seconds_since(start);
    progress.update({.step = r.step,
                     .total_steps = plan.total_steps,
                     .loss = r.loss,
                     .learning_rate = r.learning_rate,
                     .grad_norm = r.grad_norm,
                     .tokens_per_second = speed,
                     .memory_bytes = memory,
                     .seconds_left = estimate_seconds_left(outcome.seconds, r.step,
                                                           plan.total_steps - r.step)});
    if (r.step == 1) outcome.first_loss = r.loss;
    outcome.last_loss = r.loss;
    outcome.steps = r.step;
    outcome.tokens += r.tokens;
  }
  return outcome;
}

}  // namespace

RunOutcome run_finetuning(const LoadedConfig& loaded, const PathRoots& roots, std::FILE* out) {
  const TrainConfig& config = loaded.config;
  // Data first: it is quick to read, and errors in it are frequent.
  const Tokenizer tokenizer = Tokenizer::load(tokenizer_dir(config));
  const TrainingData data = load_training_data(config, tokenizer, chat_writer(config, tokenizer));
  Sampler sampler(data.train.lengths(), sampler_settings(config));
  const int64_t total_steps = config.max_steps.value_or(sampler.steps_in(config.num_epochs));

  // What the run will be, known before a weight is read.
  const LoadedModel described = describe_model(load_options(config));
  check_vocabulary(tokenizer, described.config, config);
  const TrainerSettings settings = trainer_settings(config, described.config, total_steps);
  const std::vector<RowShape> rows = largest_rows(sampler, total_steps);
  RunPlan plan = {
      config,
      described,
      data,
      sampler,
      total_steps,
      settings.learning_rate.warmup_steps,
      config.output_dir.empty() ? default_output_dir(roots, std::time(nullptr)) : config.output_dir,
      loaded.notices,
      forecast_memory(config, described.config, rows, available_host_memory())};
  plan.notices.insert(plan.notices.end(), data.notices.begin(), data.notices.end());
  for (const std::string& notice : model_notices(config, described.config))
    plan.notices.push_back(notice);
  if (!described.note.empty()) plan.notices.push_back(described.note);
  if (config.dry_run) {
    write_plan(plan);
    say(out, describe_plan(plan) + describe_dry_run(plan, rows, tokenizer, marks_for(out)));
    return {};
  }
  require_memory(plan.forecast, config, described.config, rows);
  const MemoryLimit limit(config.memory_limit);
  return with_memory_advice(plan, rows, [&] {
    LoadedModel model = load_model(load_options(config));
    Trainer trainer(model, data.train, sampler, settings);
    write_plan(plan);
    say(out, describe_plan(plan) + "\n");
    reset_peak_memory(kCpu);
    RunOutcome outcome = run_steps(trainer, plan, out);
    outcome.result =
        export_model(model, plan.output_dir, base_model_dir(config), tokenizer_dir(config));
    say(out, "\n" + describe_outcome(plan, outcome));
    return outcome;
  });
}

}  // namespace hone
