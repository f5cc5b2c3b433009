// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Names that other programs have for our keys. A file that uses them is read, and says so once.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/config_errors.h"
#include "train/config_value.h"

namespace hone {

// A value of theirs and what we call it.
struct AliasValue {
  std::string_view theirs;  // "true" and "false" stand for all spellings of them
  std::string_view ours;    // "": the key counts as not given
};

struct KeyAlias {
  std::string_view name;
  std::string_view key;       // ours
  std::string_view programs;  // whose name it is
  std::vector<AliasValue> values = {};
  bool comma_list = false;  // "a,b" is the list [a, b]
};

const std::vector<KeyAlias>& key_aliases();
const KeyAlias* find_alias(std::string_view name);

// Renames the aliases among the keys of `tree` and translates their values; adds one notice that
// names them all. An alias beside its own key, or two aliases of one key, are an error.
void resolve_aliases(ConfigValue& tree, ConfigErrors& errors, std::vector<std::string>& notices);

// The value of an alias as a value of its key; anything that is not a scalar stays.
void translate_value(const KeyAlias& alias, ConfigValue& value);

}  // namespace hone
