// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How rules between keys are written.
#pragma once

#include <algorithm>
#include <utility>

#include "train/config_rules.h"

namespace hone::config_rules {

using TrainRules = std::vector<ConfigRule<TrainConfig>>;
using Keys = std::vector<std::string_view>;

template <class T = TrainConfig, class Broken>
ConfigRule<T> error(std::string_view name, Keys keys, Broken broken, std::string_view message) {
  return {name, RuleKind::kError, std::move(keys), std::move(broken), message};
}

template <class T = TrainConfig, class Broken>
ConfigRule<T> notice(std::string_view name, Keys keys, Broken broken, std::string_view message) {
  return {name, RuleKind::kNotice, std::move(keys), std::move(broken), message};
}

// At most one of the keys may be on.
template <class T = TrainConfig>
ConfigRule<T> at_most_one(std::string_view name, const Keys& keys, std::string_view message) {
  return {name, RuleKind::kError, keys,
          [keys](const T&, const GivenKeys& given) {
            return std::count_if(keys.begin(), keys.end(),
                                 [&](std::string_view key) { return given.on(key); }) > 1;
          },
          message};
}

// `key` may be on only where `other` is.
template <class T = TrainConfig>
ConfigRule<T> needs(std::string_view name, std::string_view key, std::string_view other,
                    std::string_view message) {
  return {
      name,
      RuleKind::kError,
      {key, other},
      [key, other](const T&, const GivenKeys& given) { return given.on(key) && !given.on(other); },
      message};
}

// The rules of each group, one file per function.
TrainRules model_rules();
TrainRules data_rules();
TrainRules template_rules();
TrainRules adapter_rules();
TrainRules training_rules();
TrainRules evaluation_rules();
TrainRules checkpoint_rules();
TrainRules output_rules();
TrainRules device_rules();
std::vector<ConfigRule<DatasetConfig>> dataset_item_rules();
std::vector<ConfigRule<DatasetConfig>> dataset_template_rules();

}  // namespace hone::config_rules
