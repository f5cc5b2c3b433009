// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/finetuning.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "data/file.h"
#include "data/printable.h"
#include "models/generation.h"
#include "models/lora_config.h"
#include "tensor/allocator.h"
#include "tensor/gpu.h"
#include "train/answer_evaluator.h"
#include "train/chat_writer.h"
#include "train/checkpoint.h"
#include "train/config_problems.h"
#include "train/config_yaml.h"
#include "train/dry_run.h"
#include "train/export_model.h"
#include "train/host_memory.h"
#include "train/memory_forecast.h"
#include "train/model_options.h"
#include "train/output_lock.h"
#include "train/plan_file.h"
#include "train/result_file.h"
#include "train/result_svg.h"
#include "train/resume.h"
#include "train/run_curves.h"
#include "train/run_identity.h"
#include "train/stop_signals.h"
#include "train/training_data.h"
#include "train/training_loop.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

void check_model(const Tokenizer& tokenizer, const ModelConfig& model, const TrainConfig& config) {
  if (model.head.has_labels())
    fail(ErrorCode::kModel, "base_model: ", printable(config.base_model.written, 4096),
         " has a head of labels, as reward models and classifiers have, but what is trained is the "
         "next token; give a language model");
  if (tokenizer.vocab_size() > model.vocab_size)
    fail(ErrorCode::kModel, printable(tokenizer_dir(config), 4096),
         ": the tokenizer has ids up to ", tokenizer.vocab_size() - 1,
         ", but the model's vocab_size is ", model.vocab_size, "; they do not belong together");
}

void say(std::FILE* out, const std::string& text) {
  std::fputs(text.c_str(), out);
  std::fflush(out);
}

// "run.yaml:3:9: lora_target_modules: ", where an entry of LoRA's targets was given; "" if nowhere.
std::string place_of_target(const LoadedConfig& loaded, const std::string& entry) {
  const TrainConfig& c = loaded.config;
  const std::pair<std::string, const std::vector<std::string>&> lists[] = {
      {"lora_target_modules", c.lora_target_modules.names},
      {"lora_target_parameters", c.lora_target_parameters},
      {"lora_modules_to_save", c.lora_modules_to_save}};
  for (const auto& [key, entries] : lists) {
    const auto found = std::find(entries.begin(), entries.end(), entry);
    if (found == entries.end() && !entry.empty()) continue;
    for (const std::string& name : {key + "." + std::to_string(found - entries.begin()), key})
      if (const auto place = loaded.places.find(name); place != loaded.places.end())
        return place->second + ": " + key + ": ";
  }
  return "";
}

LoadedModel describe_loaded_model(const LoadedConfig& loaded) {
  try {
    return describe_model(load_options(loaded.config));
  } catch (const UnmatchedTarget& e) {
    fail(e.code(), place_of_target(loaded, e.entry()), e.what());
  }
}

// What programs and people can read about the run beside its results.
void write_plan(const RunPlan& plan) {
  make_directories(plan.output_dir.string());
  TrainConfig config = plan.config;
  config.dry_run = false;  // the file is for the run itself
  config.output_dir = plan.output_dir;
  write_file((plan.output_dir / "config.resolved.yaml").string(), config_yaml(config));
  write_file((plan.output_dir / "plan.json").string(), plan_json(plan));
}

// The key memory_limit, for as long as a run lasts.
class MemoryLimit {
 public:
  MemoryLimit(Device device, const std::optional<ByteSize>& limit)
      : device_(device), set_(limit.has_value()) {
    if (set_) set_memory_cap(device_, limit->bytes);
  }
  ~MemoryLimit() {
    if (set_) set_memory_cap(device_, 0);
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  Device device_;
  bool set_;
};

int64_t available_memory(Device device) {
  if (device == kMetaGpu) return 0;
  return device.type == DeviceType::cuda ? gpu_free_bytes(device) : available_host_memory();
}

// Runs `body`; when memory runs out, the error says what would help.
template <class Body>
auto with_memory_advice(const RunPlan& plan, const RunShapes& shapes, Body body) {
  try {
    return body();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kOutOfMemory) throw;
    const std::string edits =
        memory_edits(plan.config, plan.model.config, shapes, plan.forecast.plan.peak_bytes);
    fail(e.code(), e.what(),
         edits.empty() ? "" : "\nwhat would help, with the peak predicted for it:\n",
         edits.substr(0, edits.empty() ? 0 : edits.size() - 1));
  }
}

// Whether the run goes on in the folder of the checkpoint.
bool is_in(const GoodCheckpoint& checkpoint, const fs::path& output_dir) {
  std::error_code ignored;
  return fs::equivalent(fs::absolute(checkpoint.path).parent_path(), output_dir, ignored);
}

// Makes the output folder ready for the first step: what belongs to another run or to another
// course of this one moves aside, and the metrics go on where the checkpoint stands.
MetricsWriter prepare_output(RunPlan& plan, const std::optional<GoodCheckpoint>& checkpoint) {
  const fs::path& output_dir = plan.output_dir;
  const fs::path metrics = output_dir / "metrics.jsonl";
  remove_leftovers(output_dir);
  const int64_t kept =
      checkpoint && is_in(*checkpoint, output_dir) ? checkpoint->manifest.step : -1;
  if (const auto aside = set_aside(output_dir, kept))
    plan.notices.push_back(
        kept < 0
            ? "output_dir held an earlier run, which is now in " + aside->string() +
                  "; to continue a run, use resume_from_checkpoint=auto, to leave it where it "
                  "is, another output_dir"
            : "checkpoints that this run does not continue from are now in " + aside->string());
  write_plan(plan);
  if (!checkpoint) return MetricsWriter(metrics);
  const int64_t step = checkpoint->manifest.step;
  const fs::path earlier = checkpoint->path.parent_path() / "metrics.jsonl";
  if (const int64_t last = cut_metrics(earlier, metrics, step); last < step)
    plan.notices.push_back(earlier.string() + " is missing or damaged: it tells of " +
                           (last == 0 ? "no step" : "the steps up to " + std::to_string(last)) +
                           ", the run goes on after step " + std::to_string(step));
  return MetricsWriter(metrics, MetricsWriter::Begin::kAppend);
}

RunOutcome finished_already(const GoodCheckpoint& checkpoint, const fs::path& output_dir,
                            const std::vector<std::string>& notices, std::FILE* out) {
  // What was killed while it wrote its result has a temporary file there.
  if (is_in(checkpoint, output_dir)) remove_leftovers(output_dir);
  const RunState state = read_run_state(checkpoint.path);
  std::error_code ignored;
  const bool adapter = fs::exists(checkpoint.path / kAdapterFolder, ignored);
  RunOutcome outcome = outcome_of(state);
  outcome.result = output_dir / (adapter ? kAdapterFolder : kModelFolder);
  say(out, describe_finished(checkpoint.path, outcome, notices));
  return outcome;
}

StepInterval save_interval(const TrainConfig& c) {
  return {c.save_strategy, c.save_steps, c.saves_per_epoch, c.save_first_step};
}

StepInterval evaluation_interval(const TrainConfig& c) {
  return {.strategy = c.eval_strategy, .steps = c.eval_steps, .per_epoch = c.evals_per_epoch};
}

AnswerSettings answer_settings(const TrainConfig& c, const ModelConfig& model) {
  return {.max_new_tokens = c.eval_max_new_tokens,
          .batch_tokens = c.sequence_len * c.eval_batch_size.value_or(c.micro_batch_size),
          .stop_tokens = load_stop_tokens(base_model_dir(c), model),
          .stop_requested = [] { return stop_signal() != 0; }};
}

// The step whose weights are the result.
int64_t result_step(const TrainConfig& c, const RunOutcome& outcome) {
  const int64_t best = outcome.evaluation.best_step;
  return c.load_best_model_at_end && best > 0 ? best : outcome.steps;
}

// result.json and result.svg. What evaluations found goes into the outcome.
void write_result(const RunPlan& plan, RunOutcome& outcome) {
  const RunCurves curves = read_curves(plan.output_dir / "metrics.jsonl");
  outcome.answered = curves.answers;
  outcome.exact_match_before = value_at(curves.exact_match, 0);
  const int64_t written = result_step(plan.config, outcome);
  outcome.exact_match_after = value_at(curves.exact_match, written);
  write_file((plan.output_dir / "result.json").string(),
             result_json({.exact_match_before = outcome.exact_match_before,
                          .exact_match_after = outcome.exact_match_after,
                          .rows = outcome.answered,
                          .train_seconds = outcome.seconds,
                          .peak_memory_bytes = memory_stats(plan.forecast.device).peak,
                          .predicted_memory_bytes = plan.forecast.plan.peak_bytes,
                          .steps = outcome.steps,
                          .tokens = outcome.tokens,
                          .first_loss = outcome.first_loss,
                          .last_loss = outcome.last_loss,
                          .eval_loss = value_at(curves.eval_loss, written)}));
  write_file((plan.output_dir / "result.svg").string(), result_svg(curves));
}

// Gives the model the weights that had the lowest loss on the held-out rows, if that is wanted.
void take_best(const RunPlan& plan, const RunOutcome& outcome, LoadedModel& model,
               AdamW& optimizer) {
  const int64_t best = outcome.evaluation.best_step;
  if (!plan.config.load_best_model_at_end || best == 0 || best == outcome.steps) return;
  std::error_code ignored;
  fs::path checkpoint = plan.output_dir / checkpoint_name(best);
  if (!fs::exists(checkpoint, ignored) && !plan.resumed_from.empty())
    checkpoint = plan.resumed_from.parent_path() / checkpoint_name(best);
  if (!fs::exists(checkpoint, ignored))
    fail(ErrorCode::kModel, "load_best_model_at_end: the best model is that of step ", best,
         ", but ", checkpoint.string(), " is gone; the last one is in ",
         (plan.output_dir / checkpoint_name(outcome.steps)).string());
  verify_checkpoint(checkpoint);
  read_checkpoint(checkpoint, model, optimizer);
}

// From the first step that is missing to the result.
RunOutcome train(const RunPlan& plan, LoadedModel& model, Trainer& trainer,
                 const Tokenizer& tokenizer, const RunIdentity& identity, const RunState& state,
                 MetricsWriter& metrics, std::FILE* out) {
  const TrainConfig& config = plan.config;
  const ExportSource source = {base_model_dir(config), tokenizer_dir(config), plan.text};
  CheckpointKeeper keeper(plan.output_dir,
                          {.model = model,
                           .optimizer = trainer.optimizer(),
                           .source = source,
                           .resumable = !config.save_only_model},
                          identity, config.save_total_limit);
  keeper.require_space();
  say(out, describe_plan(plan) + "\n");
  reset_peak_memory(trainer.device());
  std::optional<Evaluator> evaluator;
  if (plan.data.validation.size() > 0) {
    EvaluatorSettings settings = evaluator_settings(config);
    settings.stop_requested = [] { return stop_signal() != 0; };
    evaluator.emplace(model, plan.data.validation, settings);
  }
  std::optional<AnswerEvaluator> answers;
  if (evaluator && config.do_causal_lm_eval)
    answers.emplace(model, plan.data.validation, tokenizer, answer_settings(config, model.config));
  const auto schedule = [&](const StepInterval& interval) {
    return StepSchedule(interval, plan.total_steps, plan.sampler.steps_per_epoch());
  };
  LossWatchdog watchdog = {.threshold = config.loss_watchdog_threshold};
  watchdog.patience = config.loss_watchdog_patience.value_or(watchdog.patience);
  TrainingLoop loop = {trainer,
                       plan,
                       keeper,
                       metrics,
                       schedule(save_interval(config)),
                       {.evaluator = evaluator ? &*evaluator : nullptr,
                        .schedule = schedule(evaluation_interval(config)),
                        .patience = config.early_stopping_patience,
                        .threshold = config.early_stopping_threshold,
                        .keep_best = config.load_best_model_at_end,
                        .save_best = config.save_strategy == StepStrategy::kBest,
                        .on_start = config.eval_on_start,
                        .answers = answers ? &*answers : nullptr,
                        .shown_answers = config.eval_table_size},
                       watchdog,
                       state};
  // The result too is finished before a first signal ends the program.
  const StopScope stop_scope;
  RunOutcome outcome = run_training_loop(loop, out);
  if (outcome.signal == 0) {
    take_best(plan, outcome, model, trainer.optimizer());
    outcome.result = export_model(model, plan.output_dir, source);
    write_result(plan, outcome);
  }
  say(out, "\n" + describe_outcome(plan, outcome));
  outcome.signal = stop_signal();
  return outcome;
}

}  // namespace

RunOutcome run_finetuning(const LoadedConfig& loaded, const PathRoots& roots, std::FILE* out) {
  const TrainConfig& config = loaded.config;
  const Device device = training_device(config);
  const fs::path output_dir =
      config.output_dir.empty() ? default_output_dir(roots, std::time(nullptr)) : config.output_dir;
  std::vector<std::string> notices = loaded.notices;
  std::optional<OutputLock> lock;
  std::error_code ignored;
  if (fs::is_directory(output_dir, ignored)) lock.emplace(output_dir);
  const auto checkpoint = find_checkpoint(resume_request(config), output_dir, notices);

  // First what the configuration says of tokenizer and model: both are quick to look at. Then the
  // data, before a weight is read: errors in it are frequent.
  const Tokenizer tokenizer = Tokenizer::load(tokenizer_dir(config));
  ConfigProblems problems(loaded.places);
  check_chat(config, tokenizer, problems);
  std::optional<LoadedModel> described_model;
  problems.attempt([&] { described_model.emplace(describe_loaded_model(loaded)); });
  problems.throw_if_any();
  const LoadedModel& described = *described_model;
  check_model(tokenizer, described.config, config);
  const TrainingData data = load_training_data(
      config, tokenizer,
      [&](const DatasetConfig& dataset) { return make_chat_writer(config, dataset, tokenizer); });
  Sampler sampler(data.train.lengths(), sampler_settings(config));
  const int64_t total_steps = config.max_steps.value_or(sampler.steps_in(config.num_epochs));
  const RunIdentity identity = run_identity(config, data.train, sampler, total_steps);
  if (checkpoint) {
    check_same_run(*checkpoint, identity, notices);
    if (is_finished(*checkpoint, identity, output_dir))
      return finished_already(*checkpoint, output_dir, notices, out);
  }

  // What the run will be.
  TrainerSettings settings = trainer_settings(config, described.config, total_steps);
  settings.stop_requested = [] { return stop_signal() != 0; };
  const RunShapes shapes = run_shapes(config, sampler, total_steps, data.validation);
  RunPlan plan = {config,
                  described,
                  data,
                  sampler,
                  total_steps,
                  settings.learning_rate.warmup_steps,
                  output_dir,
                  notices,
                  forecast_memory(config, described.config, shapes, available_memory(device)),
                  checkpoint ? checkpoint->path : fs::path(),
                  text_settings(config, tokenizer, data)};
  plan.notices.insert(plan.notices.end(), data.notices.begin(), data.notices.end());
  for (const std::string& notice : model_notices(config, described.config))
    plan.notices.push_back(notice);
  if (!described.note.empty()) plan.notices.push_back(described.note);
  if (config.dry_run) {
    if (fs::is_directory(output_dir, ignored) && holds_run(output_dir))
      plan.notices.push_back(
          "output_dir holds a run, whose plan.json and config.resolved.yaml stay as they are" +
          std::string(checkpoint ? "" : "; without --dry-run that run moves to a subfolder"));
    else
      write_plan(plan);
    say(out, describe_plan(plan) + describe_dry_run(plan, shapes, tokenizer, marks_for(out)));
    return {};
  }
  require_memory(plan.forecast, config, described.config, shapes);
  const MemoryLimit limit(device, config.memory_limit);
  return with_memory_advice(plan, shapes, [&] {
    LoadedModel model = load_model(load_options(config));
    Trainer trainer(model, data.train, sampler, settings);
    RunState state;
    if (checkpoint) {
      state = read_checkpoint(checkpoint->path, model, trainer.optimizer());
      trainer.continue_from(state.steps, state.skipped_in_row);
    }
    make_directories(output_dir.string());
    if (!lock) lock.emplace(output_dir);
    MetricsWriter metrics = prepare_output(plan, checkpoint);
    return train(plan, model, trainer, tokenizer, identity, state, metrics, out);
  });
}

}  // namespace hone
