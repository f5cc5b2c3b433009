// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/lora_config.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/nearest_name.h"
#include "data/printable.h"
#include "data/regex.h"

namespace hone {
namespace {

// An entry matches a whole name or its end after a dot.
bool entry_matches(const std::string& entry, const std::string& name) {
  return name == entry || name.ends_with("." + entry);
}

// The last `words` parts of a dotted name.
std::string ending(const std::string& name, int64_t words) {
  size_t begin = name.size() + 1;
  for (int64_t i = 0; i < words && begin != 0; ++i)
    begin = begin < 2 ? 0 : name.rfind('.', begin - 2) + 1;
  return name.substr(begin);
}

// What may have been meant by an entry that matches none of the names.
std::string suggestion(const std::string& entry, const std::set<std::string>& names) {
  std::set<std::string> like, last;
  for (const std::string& name : names) {
    like.insert(ending(name, 1 + std::count(entry.begin(), entry.end(), '.')));
    if (!name.ends_with(".weight")) last.insert(ending(name, 1));
  }
  std::string text;
  if (const std::string near = nearest_name(entry, {like.begin(), like.end()}); !near.empty())
    text = "did you mean '" + near + "'? ";
  text += "there are";
  for (const std::string& name : last) text += (text.ends_with("are") ? " " : ", ") + name;
  return text;
}

Regex compile_suffix(const std::string& key, const char* what) {
  return Regex::compile("(?:.*\\.)?(?:" + key + ")", Regex::Syntax::kPattern,
                        std::string(what) + " \"" + key + "\"");
}

}  // namespace

struct LoraTargets::Patterns {
  std::optional<Regex> modules;
  std::vector<std::pair<Regex, int64_t>> ranks;
  std::vector<std::pair<Regex, double>> alphas;
  std::set<std::string> matched;  // entries that hit something
  std::set<std::string> names;    // of all modules and parameters that were asked about
};

LoraTargets::LoraTargets(const LoraConfig& config)
    : config_(config), patterns_(std::make_shared<Patterns>()) {
  if (config.r < 1) fail(ErrorCode::kUsage, "LoRA rank must be at least 1, found ", config.r);
  if (config.dropout > 0 && !config.target_parameters.empty())
    fail(ErrorCode::kUsage, "LoRA dropout must be 0 with target_parameters (found ", config.dropout,
         "): expert and router adapters have no dropout");
  if (!config.target_modules_regex.empty())
    patterns_->modules =
        Regex::compile(config.target_modules_regex, Regex::Syntax::kPattern, "lora target_modules");
  for (const auto& [key, rank] : config.rank_pattern) {
    if (rank < 1) fail(ErrorCode::kUsage, "rank_pattern \"", key, "\": rank must be at least 1");
    patterns_->ranks.emplace_back(compile_suffix(key, "rank_pattern"), rank);
  }
  for (const auto& [key, alpha] : config.alpha_pattern)
    patterns_->alphas.emplace_back(compile_suffix(key, "alpha_pattern"), alpha);
}

nn::LoraChoice LoraTargets::choice(const std::string& name) const {
  int64_t rank = config_.r;
  double alpha = config_.alpha;
  for (size_t i = 0; i < patterns_->ranks.size(); ++i)
    if (patterns_->ranks[i].first.full_match(name)) {
      rank = patterns_->ranks[i].second;
      patterns_->matched.insert(config_.rank_pattern[i].first);
      break;
    }
  for (size_t i = 0; i < patterns_->alphas.size(); ++i)
    if (patterns_->alphas[i].first.full_match(name)) {
      alpha = patterns_->alphas[i].second;
      patterns_->matched.insert(config_.alpha_pattern[i].first);
      break;
    }
  const double divisor =
      config_.rslora ? std::sqrt(static_cast<double>(rank)) : static_cast<double>(rank);
  return {rank, alpha / divisor, config_.dropout};
}

std::optional<nn::LoraChoice> LoraTargets::for_module(const std::string& path) const {
  patterns_->names.insert(path);
  for (const std::string& entry : config_.exclude_modules)
    if (entry_matches(entry, path)) return std::nullopt;
  bool hit = config_.all_linear || (patterns_->modules && patterns_->modules->full_match(path));
  for (const std::string& entry : config_.target_modules)
    if (entry_matches(entry, path)) {
      patterns_->matched.insert(entry);
      hit = true;
    }
  return hit ? std::optional(choice(path)) : std::nullopt;
}

std::optional<nn::LoraChoice> LoraTargets::for_parameter(const std::string& name) const {
  patterns_->names.insert(name);
  bool hit = false;
  for (const std::string& entry : config_.target_parameters)
    if (entry_matches(entry, name)) {
      patterns_->matched.insert(entry);
      hit = true;
    }
  if (!hit) return std::nullopt;
  nn::LoraChoice c = choice(name);
  c.dropout = 0;
  return c;
}

void LoraTargets::install(nn::BuildOptions& options) const {
  options.lora_for_module = [t = *this](const std::string& m) { return t.for_module(m); };
  options.lora_for_parameter = [t = *this](const std::string& p) { return t.for_parameter(p); };
}

void LoraTargets::check_all_matched(const std::vector<nn::Parameter>& parameters) const {
  for (const auto* list : {&config_.target_modules, &config_.target_parameters})
    for (const std::string& entry : *list)
      if (!patterns_->matched.contains(entry))
        throw UnmatchedTarget("LoRA target \"" + printable(entry) +
                                  "\" matches no module or parameter of this model; " +
                                  suggestion(entry, patterns_->names),
                              entry);
  if (std::none_of(parameters.begin(), parameters.end(),
                   [](const nn::Parameter& p) { return p.trainable; }))
    throw UnmatchedTarget("the LoRA targets match nothing in this model, so nothing would train; " +
                              suggestion("", patterns_->names),
                          "");
}

void LoraTargets::check_patterns_matched() const {
  const auto check_one = [&](const char* what, const std::string& key) {
    if (!patterns_->matched.contains(key))
      fail(ErrorCode::kUsage, what, " \"", key,
           "\" matches nothing that has LoRA in this model; it is a regular expression for the end "
           "of a module or parameter name");
  };
  for (const auto& [key, rank] : config_.rank_pattern) check_one("rank_pattern", key);
  for (const auto& [key, alpha] : config_.alpha_pattern) check_one("alpha_pattern", key);
}

}  // namespace hone
