// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/load_model.h"

#include <algorithm>

#include "data/printable.h"
#include "data/regex.h"
#include "models/peft.h"
#include "models/presets.h"
#include "models/weights.h"
#include "nn/init.h"
#include "tensor/meta.h"

namespace hone {
namespace {

constexpr std::string_view kRandom = "random:";

bool is_random(const LoadOptions& o) { return o.model.starts_with(kRandom); }

// Whether a weight is among LoadOptions::unfrozen.
class UnfrozenNames {
 public:
  UnfrozenNames(const std::vector<std::string>& patterns, const ModelConfig& config)
      : names_(config) {
    for (const std::string& pattern : patterns)
      by_user([&] {
        patterns_.push_back(Regex::compile("(?:" + pattern + ").*", Regex::Syntax::kPattern,
                                           "unfrozen_parameters \"" + pattern + "\""));
      });
  }

  bool contains(const std::string& name) const {
    const std::string full = names_.name(name);
    bool found = false;
    by_user([&] {
      found = std::any_of(patterns_.begin(), patterns_.end(), [&](const Regex& pattern) {
        return pattern.full_match(full) || pattern.full_match(name);
      });
    });
    return found;
  }

 private:
  // What is wrong with a pattern is the configuration's fault, not that of the model's files.
  template <class Function>
  static void by_user(Function f) {
    try {
      f();
    } catch (const Error& e) {
      fail(ErrorCode::kUsage, e.what());
    }
  }

  std::vector<Regex> patterns_;
  CheckpointNames names_;
};

nn::BuildOptions build_options(const LoadOptions& o, const ModelConfig& config,
                               const std::optional<LoraTargets>& targets) {
  nn::BuildOptions b;
  b.dtype = o.dtype;
  b.device = o.device;
  b.quantise = o.quantise;
  b.train_base = o.train_base;
  if (!o.unfrozen.empty())
    b.trains = [names = UnfrozenNames(o.unfrozen, config)](const std::string& name) {
      return names.contains(name);
    };
  if (targets) targets->install(b);
  return b;
}

// What both the description and the real model start from.
struct Plan {
  LoadedModel loaded;
  std::optional<LoraTargets> targets;
};

bool anything_trains(const LoadedModel& m) {
  return std::any_of(m.parameters.begin(), m.parameters.end(),
                     [](const nn::Parameter& p) { return p.trainable; });
}

bool is_lora_matrix(const std::string& name) {
  return name.find(".lora_A") != std::string::npos || name.find(".lora_B") != std::string::npos;
}

// What is wrong with an adapter's description is its file's fault, or that of the configuration.
template <class Function>
void about_adapter(const LoadOptions& o, Function f) {
  try {
    f();
  } catch (const Error& e) {
    if (o.adapter.empty() && e.code() == ErrorCode::kUsage) throw;
    if (o.adapter.empty()) fail(ErrorCode::kUsage, e.what());
    fail(ErrorCode::kModel, printable(o.adapter, 4096), "/adapter_config.json: ", e.what());
  }
}

Plan plan_model(const LoadOptions& o) {
  check(!(o.lora && !o.adapter.empty()), "load_model: a fresh adapter and one from files");
  Plan plan;
  LoadedModel& m = plan.loaded;
  m.config = o.config       ? *o.config
             : is_random(o) ? preset_config(o.model.substr(kRandom.size()))
                            : load_model_config(o.model);
  m.lora = o.adapter.empty() ? o.lora : load_lora_config(o.adapter);
  if (m.lora) about_adapter(o, [&] { plan.targets.emplace(*m.lora); });
  nn::Builder meta = nn::Builder::meta(build_options(o, m.config, plan.targets));
  m.model = std::make_unique<CausalLm>(meta, m.config);
  m.parameters = meta.parameters();
  if (plan.targets) about_adapter(o, [&] { plan.targets->check_all_matched(m.parameters); });
  if (o.train_base && !anything_trains(m))
    fail(ErrorCode::kUsage,
         "unfrozen_parameters: no weight's name begins with what they match, so "
         "nothing would be trained; the model has names such as ",
         m.parameters.front().name, " and ", m.parameters.back().name);
  if (plan.targets && o.adapter.empty()) plan.targets->check_patterns_matched();
  return plan;
}

std::vector<std::string> trainable_names(const LoadedModel& m) {
  std::vector<std::string> names;
  for (const nn::Parameter& p : m.parameters)
    if (p.trainable) names.push_back(p.name);
  return names;
}

}  // namespace

LoadedModel describe_model(const LoadOptions& o) {
  Plan plan = plan_model(o);
  LoadedModel& m = plan.loaded;
  if (!anything_trains(m)) return std::move(m);
  m.arena = std::make_unique<nn::ParameterArena>(m.parameters, o.dtype, meta_of(o.device),
                                                 o.decay_vectors);
  nn::Builder builder = nn::Builder::meta(build_options(o, m.config, plan.targets), m.arena.get());
  m.model = std::make_unique<CausalLm>(builder, m.config);
  m.parameters = builder.parameters();
  return std::move(m);
}

LoadedModel load_model(const LoadOptions& o) {
  Plan plan = plan_model(o);
  LoadedModel& m = plan.loaded;
  m.model.reset();
  check(!(o.inference && o.train_base), "load_model: full finetuning is no inference");
  std::optional<CheckpointReader> checkpoint;
  if (!is_random(o)) {
    checkpoint.emplace(o.model, m.config);
    // Before anything of the size that config.json says is allocated.
    for (const nn::Parameter& p : m.parameters)
      if (!is_lora_matrix(p.name)) checkpoint->require(p.name, p.shape);
  }
  if (anything_trains(m) && !o.inference)
    m.arena =
        std::make_unique<nn::ParameterArena>(m.parameters, o.dtype, o.device, o.decay_vectors);

  // Drawn where they stay, so that a model larger than the host's memory can be.
  const auto fresh = [&o](DType dtype) -> nn::ReadWeight {
    return [&o, dtype](const nn::WeightRequest& r) {
      return nn::initial_value(r.shape, r.init, o.seed, r.name, dtype, o.device);
    };
  };
  std::optional<AdapterReader> adapter;
  if (!o.adapter.empty())
    adapter.emplace(o.adapter, *m.lora, PeftLayout(trainable_names(m), m.config.name_infix));
  const nn::ReadWeight base =
      checkpoint ? nn::ReadWeight([&](const nn::WeightRequest& r) { return checkpoint->read(r); })
                 : fresh(o.train_base ? DType::f32 : o.dtype);
  const nn::ReadWeight lora =
      adapter ? nn::ReadWeight([&](const nn::WeightRequest& r) { return adapter->read(r); })
              : fresh(DType::f32);

  nn::BuildOptions options = build_options(o, m.config, plan.targets);
  options.train_lora = !o.inference;
  nn::Builder builder(options, base, lora, m.arena.get());
  m.model = std::make_unique<CausalLm>(builder, m.config);
  m.parameters = builder.parameters();
  if (checkpoint) m.note = checkpoint->finish();
  if (adapter)
    if (const std::string note = adapter->finish(); !note.empty())
      m.note += (m.note.empty() ? "" : "; ") + note;
  return std::move(m);
}

}  // namespace hone
