// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules between keys: pairs that exclude or need each other, as data. Each key by itself was
// checked when it was read. A new rule is one entry in config_rules/<group>.cc and one case in its
// test.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "train/config.h"
#include "train/config_errors.h"
#include "train/config_value.h"

namespace hone {

// The keys of a map that were given, by name. One whose value is empty (null) was not.
class GivenKeys {
 public:
  explicit GivenKeys(const ConfigValue& tree) : tree_(tree) {}

  const ConfigValue* value(std::string_view key) const;
  bool has(std::string_view key) const { return value(key) != nullptr; }
  // Given, and its value is not one that switches things off (false, 0, an empty list).
  bool on(std::string_view key) const;
  // The text of a scalar; "" for anything else.
  std::string_view text(std::string_view key) const;

 private:
  const ConfigValue& tree_;
};

enum class RuleKind { kError, kNotice };

// T: TrainConfig, or DatasetConfig for a rule between the keys of one item of datasets.
template <class T>
struct ConfigRule {
  std::string_view name;  // unique; tests refer to it
  RuleKind kind;
  // What the rule is about. The message stands at the first of them that was given; the other given
  // ones are named with their values and places. A rule is passed over when one of them could not
  // be read, for then it is not known what was meant.
  std::vector<std::string_view> keys;
  std::function<bool(const T&, const GivenKeys&)> broken;
  std::string_view message;  // what is wrong, and what to do
};

const std::vector<ConfigRule<TrainConfig>>& train_rules();
const std::vector<ConfigRule<DatasetConfig>>& dataset_rules();

// Adds every broken rule to `errors` or to `notices`. `tree` is the map that was read.
void check_rules(const TrainConfig& config, const ConfigValue& tree, ConfigErrors& errors,
                 std::vector<std::string>& notices);

}  // namespace hone
