// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/explain_key.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "tensor/check.h"
#include "train/config_aliases.h"
#include "train/config_keys.h"

namespace hone {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string error_of(const std::string& name) {
  try {
    explain_key(name);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::kUsage);
    return e.what();
  }
  return "(explained)";
}

TEST_CASE("explain_key: an honoured key") {
  CHECK(
      explain_key("lora_r") ==
      "lora_r\n"
      "  group     adapter\n"
      "  kind      honoured\n"
      "  meaning   rank\n"
      "  type      an integer of at least 1\n"
      "  default   8\n"
      "  example   lora_r: 8\n"
      "  also      lora_rank (surogate, LLaMA-Factory)\n"
      "  rules     shape of no adapter (note): with lora_alpha, lora_dropout, adapter: no effect: "
      "adapter\n"
      "            is none, all weights are trained\n"
      "            shape of an adapter to continue (note): with lora_model_dir, lora_alpha, "
      "lora_dropout,\n"
      "            lora_target_modules, lora_target_linear, lora_target_parameters, "
      "lora_exclude_modules,\n"
      "            peft_layers_to_transform, lora_modules_to_save, peft_use_rslora, "
      "peft_use_dora,\n"
      "            lora_rank_pattern, lora_alpha_pattern: rank, scale and targets are those of "
      "its\n"
      "            adapter_config.json; these have no effect\n");
  const std::string optimizer = explain_key("optimizer");
  CHECK(contains(optimizer, "one of adamw_torch, "));
  CHECK(contains(optimizer, "adamw_torch_4bit: AdamW with 8-bit states; there are none of 4 bits"));
  CHECK(contains(optimizer, "no other optimizer is built in"));
  CHECK(contains(explain_key("learning_rate"), "default   none, must be given"));
  CHECK(contains(explain_key("max_steps"), "default   not given"));
}

TEST_CASE("explain_key: keys without effect and refused ones say why") {
  CHECK(contains(explain_key("tf32"), "kind      accepted, without effect\n  why       f32 "));
  CHECK(contains(explain_key("wandb_project"), "wandb_project\n"));
  const std::string refused = explain_key("context_parallel_size");
  CHECK(contains(refused, "refused, unless it is off (empty, false, 0) or 1\n"));
}

TEST_CASE("explain_key: keys of an item of datasets, and names of other programs") {
  CHECK(contains(explain_key("datasets.type"), "datasets.type\n"));
  CHECK(explain_key("datasets.0.type") == explain_key("datasets.type"));
  CHECK(explain_key("lora_rank") ==
        "lora_rank: surogate, LLaMA-Factory's name of\n" + explain_key("lora_r"));
}

TEST_CASE("explain_key: every key can be explained, in lines that fit") {
  const auto check_lines = [](const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
  };
  for (const ConfigKey<TrainConfig>& key : train_keys()) {
    CAPTURE(key.name);
    const std::string text = explain_key(std::string(key.name));
    CHECK(text.starts_with(std::string(key.name) + "\n"));
    if (key.use == KeyUse::kHonoured)
      CHECK(contains(text, "  example   " + std::string(key.name) + ": "));
    check_lines(text);
  }
  for (const ConfigKey<DatasetConfig>& key : dataset_keys())
    check_lines(explain_key("datasets." + std::string(key.name)));
  for (const KeyAlias& alias : key_aliases()) check_lines(explain_key(std::string(alias.name)));
  check_lines(explain_groups());
}

TEST_CASE("explain_key: unknown keys suggest, and the list has every key") {
  CHECK(error_of("lora_rr") == "there is no key 'lora_rr'; did you mean 'lora_r'?");
  CHECK(error_of("datasets.pth") ==
        "there is no key 'datasets.pth'; did you mean 'datasets.path'?");
  CHECK(error_of("zzzzzzzzz") == "there is no key 'zzzzzzzzz'; 'finetune explain' lists all");
  const std::string all = explain_groups();
  for (const ConfigKey<TrainConfig>& key : train_keys()) {
    CAPTURE(key.name);
    CHECK(contains(all, " " + std::string(key.name)));
  }
}

}  // namespace
}  // namespace hone
