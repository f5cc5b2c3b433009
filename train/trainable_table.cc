// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/trainable_table.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include "train/run_report.h"

namespace hone {
namespace {

// "model.layers.3.mlp.experts.down_proj.lora_A.weight" -> ("mlp.experts.down_proj", "3")
std::pair<std::string, std::string> place_and_layer(std::string_view name) {
  if (name.starts_with("model.")) name.remove_prefix(6);
  std::string_view layer;
  if (name.starts_with("layers.")) {
    name.remove_prefix(7);
    const size_t dot = std::min(name.find('.'), name.size());
    layer = name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  const size_t lora = name.find(".lora_");
  return {std::string(name.substr(0, lora)), std::string(layer)};
}

}  // namespace

std::vector<TrainablePart> trainable_table(const LoadedModel& model) {
  std::vector<TrainablePart> table;
  std::vector<std::set<std::string>> layers;
  for (const nn::Parameter& p : model.parameters) {
    if (!p.trainable) continue;
    const auto [place, layer] = place_and_layer(p.name);
    auto part = std::find_if(table.begin(), table.end(),
                             [&](const TrainablePart& t) { return t.name == place; });
    if (part == table.end()) {
      table.push_back({place, 0, 0});
      layers.emplace_back();
      part = table.end() - 1;
    }
    std::set<std::string>& seen = layers[static_cast<size_t>(part - table.begin())];
    seen.insert(layer);
    part->modules = static_cast<int64_t>(seen.size());
    part->parameters += p.shape.numel();
  }
  return table;
}

std::string format_trainable_table(const std::vector<TrainablePart>& table) {
  size_t width = 0;
  int64_t modules = 0, parameters = 0;
  for (const TrainablePart& part : table) {
    width = std::max(width, part.name.size());
    modules += part.modules;
    parameters += part.parameters;
  }
  std::string text;
  for (const TrainablePart& part : table) {
    std::string line = "  " + part.name;
    line.resize(width + 4, ' ');
    line += format_count(part.modules);
    if (part.parameters % part.modules == 0)
      line += " x " + format_count(part.parameters / part.modules);
    text += line + " = " + format_count(part.parameters) + "\n";
  }
  return text + "  " + format_count(modules) + " modules, " + format_count(parameters) +
         " parameters\n";
}

}  // namespace hone
