// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/plan_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/printable.h"
#include "train/model_options.h"
#include "train/trainable_table.h"

namespace hone {
namespace {

using Object = nlohmann::ordered_json;

Object model_json(const RunPlan& plan) {
  const ModelConfig& c = plan.model.config;
  Object quantised = nullptr;
  if (plan.config.load_in_4bit) quantised = name_of(plan.config.bnb_4bit_quant_type);
  return {{"name", plan.config.base_model.written},
          {"architecture", c.architecture},
          {"layers", c.num_layers()},
          {"linear_attention_layers",
           std::count_if(c.layers.begin(), c.layers.end(),
                         [](LayerType type) { return type == LayerType::linear_attention; })},
          {"experts", c.is_moe() ? c.moe.experts : 0},
          {"experts_per_token", c.is_moe() ? c.moe.experts_per_token : 0},
          {"parameters", base_parameters(plan.model)},
          {"dtype", name_of(load_options(plan.config).dtype)},
          {"quantised", quantised}};
}

Object trainable_json(const RunPlan& plan) {
  Object modules = Object::array();
  for (const TrainablePart& part : trainable_table(plan.model))
    modules.push_back(
        {{"name", part.name}, {"count", part.modules}, {"parameters", part.parameters}});
  return {{"parameters", plan.model.arena->parameters()},
          {"tensors", plan.model.arena->slots().size()},
          {"modules", modules}};
}

Object data_json(const RunPlan& plan) {
  // Names of files need not be UTF-8.
  const Object data =
      Object::parse(describe_data(plan.data).dump(-1, ' ', false, Json::error_handler_t::replace));
  Object json = {{"files", data["files"]}};
  json.update(data["train"]);
  json["validation"] = data["validation"];
  json["rows_per_epoch"] = plan.sampler.rows_per_epoch();
  json["packing"] = plan.config.sample_packing;
  json["efficiency"] = plan.sampler.efficiency();
  return json;
}

Object steps_json(const RunPlan& plan) {
  return {{"total", plan.total_steps},
          {"per_epoch", plan.sampler.steps_per_epoch()},
          {"epochs", static_cast<double>(plan.total_steps) /
                         static_cast<double>(plan.sampler.steps_per_epoch())},
          {"warmup", plan.warmup_steps},
          {"micro_batch_size", plan.config.micro_batch_size},
          {"gradient_accumulation_steps", plan.config.gradient_accumulation_steps},
          {"learning_rate", plan.config.learning_rate}};
}

Object memory_json(const MemoryForecast& forecast) {
  Object limit = nullptr;
  if (forecast.limit_bytes > 0) limit = forecast.limit_bytes;
  return {{"peak_bytes", forecast.plan.peak_bytes},
          {"resident_bytes", forecast.plan.resident_bytes},
          {"arena_bytes", forecast.plan.arena_bytes},
          {"at_peak", forecast.plan.at_peak},
          {"limit_bytes", limit},
          {"limit", forecast.limit_is_key ? "memory_limit" : "machine"},
          {"fits", forecast.fits()}};
}

}  // namespace

std::string plan_json(const RunPlan& plan) {
  const Object json = {{"version", 1},
                       {"model", model_json(plan)},
                       {"trainable", trainable_json(plan)},
                       {"data", data_json(plan)},
                       {"steps", steps_json(plan)},
                       {"memory", memory_json(plan.forecast)},
                       {"output_dir", plan.output_dir.string()},
                       {"seed", plan.config.seed},
                       {"notes", plan.notices}};
  // Names come from files and need not be UTF-8.
  return json.dump(2, ' ', false, Object::error_handler_t::replace) + "\n";
}

}  // namespace hone
