// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/weight_reader.h"

#include <utility>

namespace hone {
namespace {

std::vector<std::string> adapter_names(const std::vector<nn::Parameter>& parameters) {
  std::vector<std::string> names;
  for (const nn::Parameter& p : parameters)
    if (p.adapter) names.push_back(p.name);
  return names;
}

}  // namespace

WeightReader::WeightReader(Sources sources, const ModelConfig& config,
                           const std::vector<nn::Parameter>& parameters)
    : sources_(std::move(sources)), layout_(adapter_names(parameters), config.name_infix) {
  if (sources_.checkpoint.empty()) return;
  checkpoint_.emplace(sources_.checkpoint, config);
  // Before anything of the size that config.json says is allocated.
  for (const nn::Parameter& p : parameters)
    if (!p.adapter && !is_fresh(p.name)) checkpoint_->require(p.name, p.shape);
}

// Whether the checkpoint does without this part of a head of labels.
bool WeightReader::is_fresh(const std::string& name) const {
  if (!checkpoint_) return true;
  if (!name.starts_with("score.") || checkpoint_->holds(name)) return false;
  return sources_.fresh_head || (sources_.adapter != nullptr && sources_.adapter->holds(name));
}

Tensor WeightReader::base(const nn::WeightRequest& request) {
  if (sources_.adapter != nullptr && sources_.adapter->holds(request.name)) {
    if (!is_fresh(request.name)) checkpoint_->pass_over(request.name, request.shape);
    return sources_.adapter->read(request, layout_);
  }
  return is_fresh(request.name) ? sources_.fresh_base(request) : checkpoint_->read(request);
}

Tensor WeightReader::lora(const nn::WeightRequest& request) {
  return sources_.adapter != nullptr ? sources_.adapter->read(request, layout_)
                                     : sources_.fresh_lora(request);
}

std::vector<std::string> WeightReader::finish() const {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& line) {
    if (!line.empty()) lines.push_back(line);
  };
  if (checkpoint_) add(checkpoint_->finish());
  if (sources_.adapter != nullptr) add(sources_.adapter->finish());
  return lines;
}

}  // namespace hone
