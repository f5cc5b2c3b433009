// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The table of configuration keys. Parsing, the check for unknown keys, the suggestions and --help
// all read it: supporting a key is one line in config_keys/<group>.cc (and a member of TrainConfig
// when the key is honoured).
//
// A key is one of three kinds:
//   honoured  its value reaches the member that the line names
//   no-op     accepted so that axolotl's files run unchanged; it has no effect here, said once
//   refused   an error with the reason, unless the value switches the thing off (false, 0, empty)
// Names that other programs have for one of these keys are in config_aliases.h. Any other key is
// unknown: an error.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "train/config.h"

namespace hone {

enum class KeyUse { kHonoured, kNoOp, kRefused };
enum class KeyGroup {
  kModel,
  kData,
  kTemplate,
  kAdapter,
  kTraining,
  kEvaluation,
  kCheckpoint,
  kOutput,
  kDevice,
  kForeign  // what only other programs have
};
inline constexpr KeyGroup kKeyGroups[] = {
    KeyGroup::kModel,    KeyGroup::kData,       KeyGroup::kTemplate,   KeyGroup::kAdapter,
    KeyGroup::kTraining, KeyGroup::kEvaluation, KeyGroup::kCheckpoint, KeyGroup::kOutput,
    KeyGroup::kDevice,   KeyGroup::kForeign};

std::string_view name_of(KeyGroup group);

// The numbers that a key accepts.
struct NumberRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  bool contains(double x) const {
    return (low_open ? x > low : x >= low) && (high_open ? x < high : x <= high);
  }
  std::string str() const;  // " of at least 1", " above 0", " from 0 to below 1", ""
};

// One word that a key accepts, and the enumerator that it stands for.
struct Choice {
  std::string_view word;
  int value;
  std::string_view note = "";  // said once when the word is chosen; "" for nothing
};

// A member of type enum, which every enumerator reaches through its number.
template <class T>
struct ChoiceMember {
  std::span<const Choice> choices;
  void (*set)(T&, int);
  int (*get)(const T&);
};

// The member that a key sets. Its type says what the key's value must look like.
template <class T>
using Member = std::variant<
    std::monostate, bool T::*, std::optional<bool> T::*, int64_t T::*, double T::*,
    std::string T::*, std::optional<std::string> T::*, std::optional<int64_t> T::*,
    std::optional<double> T::*, std::optional<ByteSize> T::*, std::vector<std::string> T::*,
    std::vector<int64_t> T::*, ModuleSelection T::*, NamedValues<int64_t> T::*,
    NamedValues<double> T::*, std::map<std::string, std::string> T::*,
    std::map<std::string, std::vector<std::string>> T::*, SpecialTokens T::*, DatasetType T::*,
    InputPath T::*, std::filesystem::path T::*, std::vector<DatasetConfig> T::*, ChoiceMember<T>>;

template <class T>
struct ConfigKey {
  std::string_view name;  // a trailing '*' stands for any ending (no-op and refused keys only)
  KeyUse use;
  KeyGroup group;
  std::string_view meaning;  // one line; for a no-op why it does nothing, for a refused key why
  Member<T> member;          // monostate unless honoured
  NumberRange range;
  bool required = false;
  std::string_view allowed = "";  // a value that a refused key may have
  std::string_view example = "";  // a value, as YAML; "" for what its type or default suggests
  std::string_view others = "";   // an enum member: why there are no other words
  bool hub_model = false;         // a path that may also be a model's name on the Hugging Face hub
  bool patterns = false;          // its names, or a map's keys, are regular expressions

  bool matches(std::string_view key) const {
    return name.ends_with('*') ? key.starts_with(name.substr(0, name.size() - 1)) : key == name;
  }
};

const std::vector<ConfigKey<TrainConfig>>& train_keys();
const std::vector<ConfigKey<DatasetConfig>>& dataset_keys();
// Of a dataset's type when that is a map.
const std::vector<ConfigKey<OwnPrompt>>& own_prompt_keys();
// The words that a dataset's type may be.
std::span<const Choice> row_type_words();

// The line of the table that covers `name`, or nullptr.
template <class T>
const ConfigKey<T>* find_key(const std::vector<ConfigKey<T>>& keys, std::string_view name) {
  for (const ConfigKey<T>& key : keys)
    if (key.matches(name)) return &key;
  return nullptr;
}

}  // namespace hone
