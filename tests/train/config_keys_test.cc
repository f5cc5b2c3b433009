// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_keys.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <variant>

#include "train/config_key_text.h"

namespace hone {
namespace {

template <class T>
void check_table(const std::vector<ConfigKey<T>>& keys) {
  std::set<std::string_view> names;
  for (const ConfigKey<T>& key : keys) {
    CAPTURE(key.name);
    CHECK(names.insert(key.name).second);
    CHECK_FALSE(key.meaning.empty());
    CHECK(key.meaning.find('\n') == std::string_view::npos);
    const bool honoured = key.use == KeyUse::kHonoured;
    CHECK(honoured == !std::holds_alternative<std::monostate>(key.member));
    // Each line must be the one that its own name finds: no wildcard above it may swallow it.
    if (!key.name.ends_with('*')) CHECK(find_key(keys, key.name) == &key);
    if (honoured) CHECK_FALSE(key.name.ends_with('*'));
  }
}

TEST_CASE("config_keys: the tables are sound") {
  check_table(train_keys());
  check_table(dataset_keys());
}

TEST_CASE("config_keys: wildcards cover their endings") {
  CHECK(find_key(train_keys(), "wandb_project")->use == KeyUse::kNoOp);
  CHECK(find_key(train_keys(), "fsdp_config")->use == KeyUse::kNoOp);
  CHECK(find_key(train_keys(), "fsdp")->use == KeyUse::kNoOp);
  CHECK(find_key(train_keys(), "wandb") == nullptr);
  CHECK(find_key(train_keys(), "lora_r2") == nullptr);
}

TEST_CASE("config_keys: the nearest key") {
  CHECK(nearest_key(train_keys(), "lora_rank") == "lora_r");
  CHECK(nearest_key(train_keys(), "learning_rte") == "learning_rate");
  CHECK(nearest_key(train_keys(), "laerning_rate") == "learning_rate");
  CHECK(nearest_key(train_keys(), "max_step") == "max_steps");
  CHECK(nearest_key(train_keys(), "epochs") == "num_epochs");
  CHECK(nearest_key(train_keys(), "tf23") == "tf32");
  CHECK(nearest_key(train_keys(), "completely_different") == "");
  CHECK(nearest_key(train_keys(), "lr") == "");
  CHECK(nearest_key(train_keys(), std::string(100000, 'a')) == "");
  CHECK(nearest_key(dataset_keys(), "pth") == "path");
}

TEST_CASE("config_keys: defaults and expectations as text") {
  const auto default_of = [](const char* name) {
    return default_text(*find_key(train_keys(), name));
  };
  CHECK(default_of("lora_r") == "8");
  CHECK(default_of("adam_epsilon") == "1e-08");
  CHECK(default_of("lr_scheduler") == "cosine");
  CHECK(default_of("sample_packing") == "false");
  CHECK(default_of("max_steps") == "");
  const auto expected_of = [](const char* name) {
    return expected_text(*find_key(train_keys(), name));
  };
  CHECK(expected_of("lora_r") == "an integer of at least 1");
  CHECK(expected_of("learning_rate") == "a number above 0");
  CHECK(expected_of("lora_dropout") == "a number from 0 to below 1");
  CHECK(expected_of("adapter") == "one of lora, qlora, none");
  CHECK(expected_of("bf16") == "one of auto, true, false, full");
}

TEST_CASE("config_keys: ranges") {
  const NumberRange fraction = {.low = 0, .high = 1, .high_open = true};
  CHECK(fraction.contains(0));
  CHECK(fraction.contains(0.999));
  CHECK_FALSE(fraction.contains(1));
  CHECK_FALSE(fraction.contains(-0.001));
  const NumberRange positive = {.low = 0, .low_open = true};
  CHECK_FALSE(positive.contains(0));
  CHECK(positive.contains(1e-300));
  CHECK(NumberRange{}.str() == "");
  CHECK(NumberRange{.high = 5}.str() == " of at most 5");
}

}  // namespace
}  // namespace hone
