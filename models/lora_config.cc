// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/lora_config.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/nearest_name.h"
#include "data/printable.h"
#include "data/regex.h"
#include "models/weights.h"

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

// What is wrong with a pattern is the configuration's fault, not that of the model's files.
template <class Function>
auto by_user(Function f) {
  try {
    return f();
  } catch (const Error& e) {
    fail(ErrorCode::kUsage, e.what());
  }
}

bool matches(const std::vector<std::string>& entries, const std::string& name) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const std::string& entry) { return entry_matches(entry, name); });
}

// Whether a path has an entry as one or more of its parts: the module itself, or one in it.
bool lies_in(const std::vector<std::string>& entries, const std::string& path) {
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
    return ("." + path + ".").find("." + entry + ".") != std::string::npos;
  });
}

}  // namespace

// A module or parameter in both spellings, which are often the same.
struct LoraTargets::Name {
  std::string own;   // "model.layers.0.mlp.gate_proj"
  std::string peft;  // "model.language_model.layers.0.mlp.gate_proj"

  // Whether `hits` holds for one of them; `respelled` is set when it does not for PEFT's.
  template <class Predicate>
  bool any(bool& respelled, Predicate hits) const {
    if (hits(peft)) return true;
    if (own == peft || !hits(own)) return false;
    respelled = true;
    return true;
  }
};

struct LoraTargets::Patterns {
  std::optional<Regex> modules, excluded;
  std::vector<Regex> layers;
  std::vector<std::pair<Regex, int64_t>> ranks;
  std::vector<std::pair<Regex, double>> alphas;
  std::set<std::string> matched;  // entries that hit something
  std::set<std::string> names;    // of all linears and parameters that were asked about
  std::set<std::string> modules_with_weights;
  // What was chosen, in PEFT's spelling and in the order of the model.
  std::vector<std::string> chosen_modules, chosen_parameters;
  bool respelled = false;  // something was chosen that PEFT would not choose by the same entry
};

LoraTargets::LoraTargets(const LoraConfig& config, std::string name_infix)
    : config_(config), infix_(std::move(name_infix)), patterns_(std::make_shared<Patterns>()) {
  if (config.r < 1) fail(ErrorCode::kUsage, "LoRA rank must be at least 1, found ", config.r);
  if (config.dropout > 0 && !config.target_parameters.empty())
    fail(ErrorCode::kUsage, "LoRA dropout must be 0 with target_parameters (found ", config.dropout,
         "): expert and router adapters have no dropout");
  if (config.dora && !config.target_parameters.empty())
    fail(ErrorCode::kUsage,
         "use_dora does not go with target_parameters (DoRA is for linear layers): remove one of "
         "the "
         "two");
  if (!config.target_modules_regex.empty() && !config.layers_to_transform.empty())
    fail(ErrorCode::kUsage,
         "layers_to_transform goes with a list of target modules; a regular expression names "
         "layers itself");
  by_user([&] {
    const auto whole = [](const std::string& pattern, const char* what) {
      return Regex::compile(pattern, Regex::Syntax::kPattern, what);
    };
    if (!config.target_modules_regex.empty())
      patterns_->modules = whole(config.target_modules_regex, "lora target_modules");
    if (!config.exclude_modules_regex.empty())
      patterns_->excluded = whole(config.exclude_modules_regex, "lora exclude_modules");
    for (const std::string& word : config.layers_pattern)
      patterns_->layers.push_back(whole(word, "lora layers_pattern"));
    for (const auto& [key, rank] : config.rank_pattern) {
      if (rank < 1) fail(ErrorCode::kUsage, "rank_pattern \"", key, "\": rank must be at least 1");
      patterns_->ranks.emplace_back(compile_suffix(key, "rank_pattern"), rank);
    }
    for (const auto& [key, alpha] : config.alpha_pattern)
      patterns_->alphas.emplace_back(compile_suffix(key, "alpha_pattern"), alpha);
  });
}

nn::LoraChoice LoraTargets::choice(const Name& name) const {
  int64_t rank = config_.r;
  double alpha = config_.alpha;
  for (size_t i = 0; i < patterns_->ranks.size(); ++i)
    if (patterns_->ranks[i].first.full_match(name.peft)) {
      rank = patterns_->ranks[i].second;
      patterns_->matched.insert(config_.rank_pattern[i].first);
      break;
    }
  for (size_t i = 0; i < patterns_->alphas.size(); ++i)
    if (patterns_->alphas[i].first.full_match(name.peft)) {
      alpha = patterns_->alphas[i].second;
      patterns_->matched.insert(config_.alpha_pattern[i].first);
      break;
    }
  const double divisor =
      config_.rslora ? std::sqrt(static_cast<double>(rank)) : static_cast<double>(rank);
  return {rank, alpha / divisor, config_.dropout, config_.dora};
}

bool LoraTargets::is_excluded(const Name& name) const {
  return lies_in(config_.modules_to_save, name.peft) ||
         name.any(patterns_->respelled, [&](const std::string& path) {
           return matches(config_.exclude_modules, path) ||
                  (patterns_->excluded && patterns_->excluded->full_match(path));
         });
}

bool LoraTargets::is_in_layers(const std::string& path) const {
  if (config_.layers_to_transform.empty()) return true;
  // The parts of the path; the first number after a word that counts is the layer.
  std::string before;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    const bool counts =
        patterns_->layers.empty()
            ? !before.empty()
            : std::any_of(patterns_->layers.begin(), patterns_->layers.end(),
                          [&](const Regex& word) { return word.full_match(before); });
    if (counts && end < path.size() && part.find_first_not_of("0123456789") == std::string::npos)
      return std::any_of(config_.layers_to_transform.begin(), config_.layers_to_transform.end(),
                         [&](int64_t layer) { return std::to_string(layer) == part; });
    before = part;
    begin = end + 1;
  }
  return false;
}

std::optional<nn::LoraChoice> LoraTargets::for_module(const std::string& path) const {
  patterns_->names.insert(path);
  const Name name = {path, module_name(path, infix_)};
  return by_user([&]() -> std::optional<nn::LoraChoice> {
    bool hit = config_.all_linear && is_in_layers(name.peft);
    if (patterns_->modules)
      hit |= name.any(patterns_->respelled,
                      [&](const std::string& n) { return patterns_->modules->full_match(n); });
    for (const std::string& entry : config_.target_modules)
      if (name.any(patterns_->respelled,
                   [&](const std::string& n) { return entry_matches(entry, n); })) {
        patterns_->matched.insert(entry);
        // A path is its own layer.
        hit |= entry == name.peft || is_in_layers(name.peft);
      }
    if (!hit || is_excluded(name)) return std::nullopt;
    patterns_->chosen_modules.push_back(name.peft);
    return choice(name);
  });
}

std::optional<nn::LoraChoice> LoraTargets::for_parameter(const std::string& parameter) const {
  patterns_->names.insert(parameter);
  const Name name = {parameter, module_name(parameter, infix_)};
  if (lies_in(config_.modules_to_save, name.peft)) return std::nullopt;
  bool hit = false;
  for (const std::string& entry : config_.target_parameters)
    if (name.any(patterns_->respelled,
                 [&](const std::string& n) { return entry_matches(entry, n); })) {
      patterns_->matched.insert(entry);
      hit = true;
    }
  if (!hit) return std::nullopt;
  patterns_->chosen_parameters.push_back(name.peft);
  nn::LoraChoice c = by_user([&] { return choice(name); });
  c.dropout = 0;
  return c;
}

bool LoraTargets::saves(const std::string& parameter) const {
  const std::string name = module_name(parameter, infix_);
  patterns_->modules_with_weights.insert(name.substr(0, name.rfind('.')));
  bool saved = false;
  for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const std::string_view module = std::string_view(name).substr(0, dot);
    for (const std::string& entry : config_.modules_to_save)
      if (module.ends_with(entry)) {
        patterns_->matched.insert(entry);
        saved = true;
      }
  }
  return saved;
}

LoraConfig LoraTargets::peft_config() const {
  LoraConfig c = config_;
  // PEFT's "all-linear" includes the parts of a model that are not here, and takes no layers.
  const bool listed =
      patterns_->respelled || (c.all_linear && (!infix_.empty() || !c.layers_to_transform.empty()));
  if (!listed) return c;
  const auto unique = [](const std::vector<std::string>& names) {
    const std::set<std::string> set(names.begin(), names.end());
    return std::vector<std::string>(set.begin(), set.end());
  };
  c.target_modules = unique(patterns_->chosen_modules);
  c.target_parameters = unique(patterns_->chosen_parameters);
  c.target_modules_regex.clear();
  c.exclude_modules.clear();
  c.exclude_modules_regex.clear();
  c.layers_to_transform.clear();
  c.layers_pattern.clear();
  c.all_linear = false;
  return c;
}

void LoraTargets::install(nn::BuildOptions& options) const {
  options.lora_for_module = [t = *this](const std::string& m) { return t.for_module(m); };
  options.lora_for_parameter = [t = *this](const std::string& p) { return t.for_parameter(p); };
}

void LoraTargets::check_all_matched(const std::vector<nn::Parameter>& parameters) const {
  const auto require = [&](const char* what, const std::vector<std::string>& entries,
                           const std::set<std::string>& names) {
    for (const std::string& entry : entries)
      if (!patterns_->matched.contains(entry))
        throw UnmatchedTarget(std::string(what) + " \"" + printable(entry) +
                                  "\" matches no module or parameter of this model; " +
                                  suggestion(entry, names),
                              entry);
  };
  require("LoRA target", config_.target_modules, patterns_->names);
  require("LoRA target", config_.target_parameters, patterns_->names);
  require("module to save", config_.modules_to_save, patterns_->modules_with_weights);
  if (std::none_of(parameters.begin(), parameters.end(),
                   [](const nn::Parameter& p) { return p.adapter; }))
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
