// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How the lines of the tables of configuration keys are written.
#pragma once

#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "train/config_keys.h"

namespace hone::config_keys {

inline constexpr NumberRange kAny = {};
inline constexpr NumberRange kPositive = {.low = 0, .low_open = true};
inline constexpr NumberRange kNotNegative = {.low = 0};
inline constexpr NumberRange kFraction = {.low = 0, .high = 1, .high_open = true};
constexpr NumberRange at_least(double low) { return {.low = low}; }

// A key whose value reaches `member`.
template <class T, class Field>
ConfigKey<T> honoured(std::string_view name, Field T::*member, std::string_view meaning,
                      NumberRange range = kAny) {
  return {name, KeyUse::kHonoured, KeyGroup::kModel, meaning, member, range};
}

// One word of an enum member; `note` is said once when it is chosen.
template <class Enum>
constexpr Choice word(std::string_view text, Enum value, std::string_view note = "") {
  return {text, static_cast<int>(value), note};
}

// A key whose value reaches an enum member; `choices` are the words for its enumerators, the first
// word of each being the one that help shows.
template <auto kMember, class T = TrainConfig>
ConfigKey<T> choice(std::string_view name, std::span<const Choice> choices,
                    std::string_view meaning) {
  using Enum = std::remove_reference_t<decltype(std::declval<T&>().*kMember)>;
  const ChoiceMember<T> member = {choices,
                                  [](T& t, int value) { t.*kMember = static_cast<Enum>(value); },
                                  [](const T& t) { return static_cast<int>(t.*kMember); }};
  return {name, KeyUse::kHonoured, KeyGroup::kModel, meaning, member, kAny};
}

template <class T>
ConfigKey<T> required(ConfigKey<T> key) {
  key.required = true;
  return key;
}

// The value that explanations show, where the default or the type suggest none.
template <class T>
ConfigKey<T> with_example(ConfigKey<T> key, std::string_view yaml) {
  key.example = yaml;
  return key;
}

// Why an enum member has no other words: ends the message about one.
template <class T>
ConfigKey<T> and_no_other(ConfigKey<T> key, std::string_view why) {
  key.others = why;
  return key;
}

// A path that may also be the name of a model in the Hugging Face cache.
template <class T>
ConfigKey<T> hub_model(ConfigKey<T> key) {
  key.hub_model = true;
  return key;
}

// Regular expressions: a list's items, a map's keys, the text of lora_target_modules.
template <class T>
ConfigKey<T> patterns(ConfigKey<T> key) {
  key.patterns = true;
  return key;
}

// A key that is accepted without effect; `why`: why nothing is lost by that.
template <class T = TrainConfig>
ConfigKey<T> no_op(std::string_view name, std::string_view why) {
  return {name, KeyUse::kNoOp, KeyGroup::kModel, why, {}, kAny};
}

// A key that is an error unless its value switches it off or is `allowed`, the one value that asks
// for what happens anyway; `why`: the reason, and what to do instead.
template <class T = TrainConfig>
ConfigKey<T> refused(std::string_view name, std::string_view why, std::string_view allowed = "") {
  return {name, KeyUse::kRefused, KeyGroup::kModel, why, {}, kAny, false, allowed};
}

// The lines of each group, one file per function. train_keys() puts them together and gives every
// line its group.
using TrainKeys = std::vector<ConfigKey<TrainConfig>>;
TrainKeys model_keys();
TrainKeys data_keys();
TrainKeys template_keys();
TrainKeys adapter_keys();
TrainKeys training_keys();
TrainKeys evaluation_keys();
TrainKeys checkpoint_keys();
TrainKeys output_keys();
TrainKeys device_keys();
TrainKeys foreign_keys();

}  // namespace hone::config_keys
