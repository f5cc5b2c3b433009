// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_keys.h"

#include "train/config_keys/lines.h"

namespace hone {
namespace {

using config_keys::TrainKeys;

void append(TrainKeys& keys, KeyGroup group, TrainKeys lines) {
  for (ConfigKey<TrainConfig>& line : lines) {
    line.group = group;
    keys.push_back(std::move(line));
  }
}

TrainKeys all_keys() {
  TrainKeys keys;
  append(keys, KeyGroup::kModel, config_keys::model_keys());
  append(keys, KeyGroup::kData, config_keys::data_keys());
  append(keys, KeyGroup::kTemplate, config_keys::template_keys());
  append(keys, KeyGroup::kAdapter, config_keys::adapter_keys());
  append(keys, KeyGroup::kTraining, config_keys::training_keys());
  append(keys, KeyGroup::kEvaluation, config_keys::evaluation_keys());
  append(keys, KeyGroup::kCheckpoint, config_keys::checkpoint_keys());
  append(keys, KeyGroup::kOutput, config_keys::output_keys());
  append(keys, KeyGroup::kDevice, config_keys::device_keys());
  append(keys, KeyGroup::kForeign, config_keys::foreign_keys());
  return keys;
}

}  // namespace

std::string_view name_of(KeyGroup group) {
  switch (group) {
    case KeyGroup::kModel:
      return "model";
    case KeyGroup::kData:
      return "data";
    case KeyGroup::kTemplate:
      return "template";
    case KeyGroup::kAdapter:
      return "adapter";
    case KeyGroup::kTraining:
      return "training";
    case KeyGroup::kEvaluation:
      return "evaluation";
    case KeyGroup::kCheckpoint:
      return "checkpoint";
    case KeyGroup::kOutput:
      return "output";
    case KeyGroup::kDevice:
      return "device";
    case KeyGroup::kForeign:
      break;
  }
  return "foreign";
}

const std::vector<ConfigKey<TrainConfig>>& train_keys() {
  static const TrainKeys keys = all_keys();
  return keys;
}

}  // namespace hone
