// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_record.h"

#include "data/printable.h"
#include "train/config_yaml.h"

namespace hone {

std::map<std::string, std::string> config_record(const TrainConfig& config) {
  std::map<std::string, std::string> record;
  for (const ConfigKey<TrainConfig>& key : train_keys())
    if (key.use == KeyUse::kHonoured)
      record[std::string(key.name)] = printable(value_yaml(key, config), 1 << 20);
  return record;
}

}  // namespace hone
