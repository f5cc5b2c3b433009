// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Sentences about configuration keys, made from the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "train/config_keys.h"

namespace hone {

// The key that `name` most likely means, "" when none resembles it. In this order: the honoured key
// with the least number of inserted, deleted, replaced or swapped characters, at most a third of
// the name's length (of equally near ones the first in the table); a honoured key of which `name`
// is the last word ("epochs": "num_epochs"); a near key without effect.
std::string nearest_key(const std::vector<ConfigKey<TrainConfig>>& keys, std::string_view name);
std::string nearest_key(const std::vector<ConfigKey<DatasetConfig>>& keys, std::string_view name);
std::string nearest_key(const std::vector<ConfigKey<OwnPrompt>>& keys, std::string_view name);

// The default of an honoured key, as it would be written in YAML; "" if it has none.
std::string default_text(const ConfigKey<TrainConfig>& key);
std::string default_text(const ConfigKey<DatasetConfig>& key);

// A value that the key may have, as YAML: its example, or one that its default or type suggests.
std::string example_text(const ConfigKey<TrainConfig>& key);
std::string example_text(const ConfigKey<DatasetConfig>& key);

// True for keys whose value is a map with free keys (patterns), so that in a dotted name everything
// after the first dot is one key.
bool has_pattern_keys(const ConfigKey<TrainConfig>& key);

// "one of cosine, linear"; "a number above 0"; ...: what the key's value must be.
std::string expected_text(const ConfigKey<TrainConfig>& key);
std::string expected_text(const ConfigKey<DatasetConfig>& key);
std::string expected_text(const ConfigKey<OwnPrompt>& key);

}  // namespace hone
