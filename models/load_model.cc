// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/load_model.h"

#include <algorithm>
#include <filesystem>

#include "data/checkpoint_files.h"
#include "data/printable.h"
#include "models/peft.h"
#include "models/presets.h"
#include "models/registry.h"
#include "models/unfrozen.h"
#include "models/weight_reader.h"
#include "nn/init.h"
#include "tensor/meta.h"

namespace hone {
namespace {

constexpr std::string_view kRandom = "random:";

bool is_random(const LoadOptions& o) { return o.model.starts_with(kRandom); }

// What both the description and the real model start from.
struct Plan {
  LoadedModel loaded;
  std::optional<LoraTargets> targets;
  std::optional<UnfrozenWeights> unfrozen;
  std::optional<AdapterReader> adapter;
};

constexpr const char* kAdapterWeights = "adapter_model.safetensors";
constexpr const char* kSequenceTask = "SEQ_CLS";
constexpr const char* kTokenTask = "TOKEN_CLS";
constexpr const char* kEmbedding = "model.embed_tokens.weight";

// Whether a base weight trains because of the adapter: it is of a module to save, or the adapter was
// trained with it.
bool is_in_adapter(const Plan& plan, const std::string& name) {
  const bool tied_head = plan.loaded.config.tie_word_embeddings && name == kEmbedding &&
                         plan.targets && plan.targets->saves("lm_head.weight");
  const bool saved = plan.targets && plan.targets->saves(name);
  if (saved && plan.adapter && !plan.loaded.config.tie_word_embeddings) plan.adapter->require(name);
  return saved || tied_head || (plan.adapter && plan.adapter->holds(name));
}

// The plan outlives the options' use.
nn::BuildOptions build_options(const LoadOptions& o, const Plan& plan) {
  nn::BuildOptions b;
  b.dtype = o.dtype;
  b.device = o.device;
  b.quantise = o.quantise;
  b.train_base = o.train_base;
  b.inference = o.inference;
  if (plan.targets || plan.unfrozen)
    b.trains = [&plan](const std::string& name, bool packed) {
      return is_in_adapter(plan, name) ||
             (!packed && plan.unfrozen && plan.unfrozen->contains(name));
    };
  if (plan.targets) plan.targets->install(b);
  return b;
}

void add_note(LoadedModel& m, const std::string& note) {
  if (!note.empty()) m.note += (m.note.empty() ? "" : "; ") + note;
}

bool anything_trains(const LoadedModel& m) {
  return std::any_of(m.parameters.begin(), m.parameters.end(),
                     [](const nn::Parameter& p) { return p.trainable; });
}

// What is wrong with an adapter's description is its file's fault, or that of the configuration.
template <class Function>
void about_adapter(const LoadOptions& o, Function f) {
  try {
    f();
  } catch (const Error& e) {
    if (o.adapter.empty()) throw;
    fail(ErrorCode::kModel, printable(o.adapter, 4096), "/adapter_config.json: ", e.what());
  }
}

// What `unfrozen` selects, of which some must be there.
void check_unfrozen(const UnfrozenWeights& unfrozen, LoadedModel& m) {
  std::vector<nn::Parameter> base;
  int64_t selected = 0, packed = 0;
  for (const nn::Parameter& p : m.parameters) {
    if (p.adapter) continue;
    base.push_back(p);
    if (!unfrozen.contains(p.name)) continue;
    ++selected;
    packed += p.quantised;
  }
  if (selected == 0)
    fail(ErrorCode::kUsage,
         "unfrozen_parameters: no weight's name begins with what they match, so they would train "
         "nothing; ",
         unfrozen.suggestion(base));
  if (packed > 0)
    add_note(m, "unfrozen_parameters: " + std::to_string(packed) + " of the " +
                    std::to_string(selected) +
                    " weights that they select are kept in 4 bits and stay frozen");
}

bool has_weights(const std::string& directory) {
  std::error_code ignored;
  const std::filesystem::path path(directory);
  return std::filesystem::exists(path / kSingleFileName, ignored) ||
         std::filesystem::exists(path / kIndexFileName, ignored);
}

// Where config.json does not say how many labels there are, the weights do; without them there are
// two, as transformers has it.
void complete_head(const LoadOptions& o, ModelConfig& config) {
  constexpr const char* kScore = "score.weight";
  constexpr int64_t kLabels = 2;
  HeadConfig& head = config.head;
  if (!head.has_labels() || head.labels > 0) return;
  head.labels = kLabels;
  const auto take_rows = [&](const auto& file) {
    if (file.contains(kScore) && file.info(kScore).shape.rank() == 2)
      head.labels = file.info(kScore).shape[0];
  };
  if (!is_random(o) && has_weights(o.model)) take_rows(ModelFiles::open(o.model));
  if (!o.adapter.empty()) {
    const SafetensorsFile file = SafetensorsFile::open(o.adapter + "/" + kAdapterWeights);
    const std::string key = std::string("base_model.model.") + kScore;
    if (file.contains(key) && file.info(key).shape.rank() == 2)
      head.labels = file.info(key).shape[0];
  }
}

// The head that the options or the adapter ask for.
void set_head(const LoadOptions& o, const std::optional<LoraConfig>& lora, ModelConfig& config) {
  HeadConfig wanted = o.head.value_or(config.head);
  if (!o.head && lora && !config.head.has_labels()) {
    if (lora->task_type == kSequenceTask) wanted.kind = nn::HeadKind::sequence_labels;
    if (lora->task_type == kTokenTask) wanted.kind = nn::HeadKind::token_labels;
  }
  if (wanted.pad_token_id < 0) wanted.pad_token_id = config.head.pad_token_id;
  config.head = wanted;
  // The embedding is tied to a head that is not there.
  if (wanted.has_labels()) config.tie_word_embeddings = false;
  class_name(config);  // there is one
  complete_head(o, config);
}

// A head of labels is new with a fresh adapter, so it trains and belongs to it.
void save_head(const ModelConfig& config, LoraConfig& lora) {
  constexpr const char* kHead = "score";
  if (!config.head.has_labels()) return;
  const bool tokens = config.head.kind == nn::HeadKind::token_labels;
  lora.task_type = tokens ? kTokenTask : kSequenceTask;
  if (std::find(lora.modules_to_save.begin(), lora.modules_to_save.end(), kHead) ==
      lora.modules_to_save.end())
    lora.modules_to_save.push_back(kHead);
}

std::unique_ptr<Plan> plan_model(const LoadOptions& o) {
  check(!(o.lora && !o.adapter.empty()), "load_model: a fresh adapter and one from files");
  auto plan = std::make_unique<Plan>();
  LoadedModel& m = plan->loaded;
  m.config = o.config       ? *o.config
             : is_random(o) ? preset_config(o.model.substr(kRandom.size()))
                            : load_model_config(o.model);
  if (o.vision && !m.config.vision)
    fail(ErrorCode::kUsage, printable(o.model, 4096), ": images need a vision-language model; ",
         m.config.architecture, " has no vision tower");
  if (!o.vision) m.config.vision.reset();
  m.lora = o.adapter.empty() ? o.lora : load_lora_config(o.adapter);
  set_head(o, m.lora, m.config);
  if (m.lora && o.adapter.empty()) save_head(m.config, *m.lora);
  if (m.lora) about_adapter(o, [&] { plan->targets.emplace(*m.lora, m.config.name_infix); });
  if (!o.adapter.empty()) plan->adapter.emplace(o.adapter, *m.lora, m.config);
  if (!o.unfrozen.empty()) plan->unfrozen.emplace(o.unfrozen, m.config);
  nn::Builder meta = nn::Builder::meta(build_options(o, *plan));
  m.model = std::make_unique<CausalLm>(meta, m.config);
  m.parameters = meta.parameters();
  if (plan->unfrozen) check_unfrozen(*plan->unfrozen, m);
  if (!plan->targets) return plan;
  about_adapter(o, [&] { plan->targets->check_all_matched(m.parameters); });
  if (o.adapter.empty()) plan->targets->check_patterns_matched();
  m.lora = plan->targets->peft_config();
  m.lora->ensure_weight_tying =
      m.config.tie_word_embeddings &&
      (plan->targets->saves("lm_head.weight") || plan->targets->saves(kEmbedding));
  return plan;
}

// Drawn where they stay, so that a model larger than the host's memory can be.
WeightReader make_reader(const LoadOptions& o, Plan& plan) {
  const auto fresh = [&o](DType dtype) {
    return [&o, dtype](const nn::WeightRequest& r) {
      if (r.start) return r.start();
      return nn::initial_value(r.shape, r.init, o.seed, r.name, dtype, o.device);
    };
  };
  const bool base_trains = o.train_base || !o.unfrozen.empty();
  return WeightReader({.checkpoint = is_random(o) ? "" : o.model,
                       .adapter = plan.adapter ? &*plan.adapter : nullptr,
                       .fresh_base = fresh(base_trains ? DType::f32 : o.dtype),
                       .fresh_lora = fresh(DType::f32),
                       .fresh_head = o.head.has_value()},
                      plan.loaded.config, plan.loaded.parameters);
}

}  // namespace

LoadedModel describe_model(const LoadOptions& o) {
  const std::unique_ptr<Plan> plan = plan_model(o);
  LoadedModel& m = plan->loaded;
  if (!anything_trains(m)) return std::move(m);
  m.arena = std::make_unique<nn::ParameterArena>(m.parameters, o.dtype, meta_of(o.device),
                                                 o.decay_vectors);
  nn::Builder builder = nn::Builder::meta(build_options(o, *plan), m.arena.get());
  m.model = std::make_unique<CausalLm>(builder, m.config);
  m.parameters = builder.parameters();
  return std::move(m);
}

LoadedModel load_model(const LoadOptions& o) {
  check(!(o.inference && o.train_base), "load_model: full finetuning is no inference");
  const std::unique_ptr<Plan> plan = plan_model(o);
  LoadedModel& m = plan->loaded;
  m.model.reset();
  WeightReader reader = make_reader(o, *plan);
  if (anything_trains(m))
    m.arena =
        std::make_unique<nn::ParameterArena>(m.parameters, o.dtype, o.device, o.decay_vectors);
  nn::Builder builder(
      build_options(o, *plan), [&](const nn::WeightRequest& r) { return reader.base(r); },
      [&](const nn::WeightRequest& r) { return reader.lora(r); }, m.arena.get());
  m.model = std::make_unique<CausalLm>(builder, m.config);
  m.parameters = builder.parameters();
  for (const std::string& line : reader.finish()) add_note(m, line);
  return std::move(m);
}

}  // namespace hone
