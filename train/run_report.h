// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a run says about itself: before the first step and after the last.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/sampler.h"
#include "models/load_model.h"
#include "train/answer_evaluator.h"
#include "train/config.h"
#include "train/memory_forecast.h"
#include "train/run_state.h"
#include "train/text_settings.h"
#include "train/training_data.h"

namespace hone {

struct RunPlan {
  const TrainConfig& config;
  const LoadedModel& model;
  const TrainingData& data;
  const Sampler& sampler;
  int64_t total_steps;
  int64_t warmup_steps;
  std::filesystem::path output_dir;
  std::vector<std::string> notices;
  MemoryForecast forecast = {};             // without a peak: none was made
  std::filesystem::path resumed_from = {};  // a checkpoint; empty: the run is new
  TextSettings text = {};                   // what the result carries of it
};

// Some held-out prompts with the model's answers; empty where they were not asked for.
struct ShownAnswers {
  std::vector<HeldOutAnswer> before;  // training
  std::vector<HeldOutAnswer> after;
};

// Of the whole run, with the parts before it was resumed.
struct RunOutcome {
  double first_loss = 0;
  double last_loss = 0;
  int64_t steps = 0;
  int64_t tokens = 0;
  double seconds = 0;
  std::filesystem::path result = {};  // the adapter's, the model's or the last checkpoint's folder
  bool stopped_early = false;         // evaluations no longer got better
  EvaluationState evaluation = {};
  std::optional<double> exact_match_before = {}, exact_match_after = {};
  int64_t answered = 0;  // held-out rows that they are about
  ShownAnswers answers = {};
  int signal = 0;  // that stopped the run before its end; 0: none
};

RunOutcome outcome_of(const RunState& state);

// "12,345,678".
std::string format_count(int64_t n);

// Parameters of the model without its adapter.
int64_t base_parameters(const LoadedModel& model);

// Trainable parameters by part of the model, in the order of the model: "linear_attn 12,345".
std::string trainable_parts(const LoadedModel& model);

// The header: about a dozen lines, each "name     text".
std::string describe_plan(const RunPlan& plan);

// "exact match 95.0 % (228 of 240)".
std::string describe_exact_match(const AnswerEvaluation& evaluation);

// The closing lines: loss, time, speed, memory, where the result is, and what to do next.
std::string describe_outcome(const RunPlan& plan, const RunOutcome& outcome);

// Instead of both, for a run that was resumed after its last step.
std::string describe_finished(const std::filesystem::path& checkpoint, const RunOutcome& outcome,
                              const std::vector<std::string>& notices);

}  // namespace hone
