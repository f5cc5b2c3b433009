// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_aliases.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/train/config_fixture.h"
#include "train/config_keys.h"

namespace hone {
namespace {

TEST_CASE("config_aliases: each stands for a key of the table and is none itself") {
  std::set<std::string_view> names;
  for (const KeyAlias& alias : key_aliases()) {
    CAPTURE(alias.name);
    CHECK(names.insert(alias.name).second);
    CHECK(find_key(train_keys(), alias.name) == nullptr);
    const ConfigKey<TrainConfig>* key = find_key(train_keys(), alias.key);
    REQUIRE(key != nullptr);
    CHECK(key->name == alias.key);
    CHECK_FALSE(alias.programs.empty());
  }
}

TEST_CASE("config_aliases: a surogate file") {
  const LoadedConfig loaded = load(
      "model: model\nlora: true\nlora_rank: 4\nlora_target_modules: [q_proj]\nqlora_bnb: true\n"
      "per_device_train_batch_size: 3\nlr_scheduler_type: linear\nlearning_rate: 1e-4\n"
      "optimizer: adamw_8bit\nadamw_beta2: 0.95\nrecompute: true\ntrain_seed: 5\n"
      "datasets: [{path: rows.jsonl}]\n");
  const TrainConfig& c = loaded.config;
  CHECK(c.base_model.written == "model");
  CHECK(c.adapter == AdapterKind::kLora);
  CHECK(c.lora_r == 4);
  CHECK(c.load_in_4bit);
  CHECK(c.micro_batch_size == 3);
  CHECK(c.lr_scheduler == LrSchedule::kLinear);
  CHECK(c.optimizer == OptimizerKind::kAdamW8bit);
  CHECK(c.adam_beta2 == 0.95);
  CHECK(c.gradient_checkpointing);
  CHECK(c.seed == 5);
  REQUIRE_FALSE(loaded.notices.empty());
  CHECK(loaded.notices[0] ==
        "model read as base_model, lora read as adapter, lora_rank read as lora_r, qlora_bnb read "
        "as load_in_4bit, per_device_train_batch_size read as micro_batch_size, lr_scheduler_type "
        "read as lr_scheduler, adamw_beta2 read as adam_beta2, recompute read as "
        "gradient_checkpointing, train_seed read as seed");
}

TEST_CASE("config_aliases: a LLaMA-Factory file") {
  const TrainConfig c =
      load(
          "model_name_or_path: model\nstage: sft\ndo_train: true\nfinetuning_type: lora\n"
          "lora_target: q_proj, v_proj\nlora_rank: 16\nquantization_bit: 4\ncutoff_len: 2048\n"
          "packing: true\ntrain_on_prompt: true\nnum_train_epochs: 2.0\noptim: adamw_torch\n"
          "pure_bf16: true\nlearning_rate: 1.0e-4\ndatasets: [{path: rows.jsonl}]\n")
          .config;
  CHECK(c.adapter == AdapterKind::kLora);
  CHECK(c.lora_target_modules.names == std::vector<std::string>{"q_proj", "v_proj"});
  CHECK(c.load_in_4bit);
  CHECK(c.sequence_len == 2048);
  CHECK(c.sample_packing);
  CHECK(c.train_on_inputs);
  CHECK(c.num_epochs == 2);
  CHECK(c.bf16 == Bf16::kFull);
  const std::string full = kLeast + "finetuning_type: ";
  CHECK(load(full + "full\n").config.adapter == AdapterKind::kNone);
  CHECK(error_of(full + "freeze\n") ==
        "f.yaml:4:18: adapter: expected one of lora, qlora, none, found 'freeze'");
  CHECK(load(kLeast + "adapter: lora\nlora_target: all\n").config.lora_target_linear);
  CHECK_FALSE(
      load(kLeast + "disable_gradient_checkpointing: true\n").config.gradient_checkpointing);
  CHECK(load(kLeast + "disable_gradient_checkpointing: no\n").config.gradient_checkpointing);
  CHECK(load(kLeast + "float32: false\nbf16: true\n").config.bf16 == Bf16::kTrue);
}

TEST_CASE("config_aliases: an alias beside its key is an error, an empty one is not") {
  CHECK(error_of(kLeast + "lora_r: 8\nlora_rank: 8\n") ==
        "f.yaml:5:1: lora_rank: this is lora_r, which is given at f.yaml:4:1 too; keep one of the "
        "two");
  CHECK(error_of(kLeast + "cutoff_len: 8\nmax_seq_length: 8\n")
            .starts_with("f.yaml:5:1: max_seq_length: this is sequence_len, which is given at"));
  CHECK(load(kLeast + "lora_r: 4\nlora_rank:\n").config.lora_r == 4);
  CHECK(load(kLeast + "lora_rank:\nlora_r: 4\n").config.lora_r == 4);
  CHECK(load(kLeast + "lora_r:\nlora_rank: 4\n").config.lora_r == 4);
}

TEST_CASE("config_aliases: on the command line they override the file under either name") {
  const UserFolder user;
  std::ofstream(user.root / "run.yaml") << kLeast << "lora_rank: 4\nsequence_len: 100\n";
  const auto run = [&](std::vector<std::string> arguments) {
    return load_config(parse_command_line(arguments), user.roots);
  };
  CHECK(run({"run.yaml", "lora_r=5"}).config.lora_r == 5);
  CHECK(run({"run.yaml", "lora_rank=6"}).config.lora_r == 6);
  const LoadedConfig loaded =
      run({"run.yaml", "cutoff_len=200", "finetuning_type=lora", "lora_target=q_proj,v_proj"});
  CHECK(loaded.config.sequence_len == 200);
  CHECK(loaded.config.lora_target_modules.names == std::vector<std::string>{"q_proj", "v_proj"});
  CHECK(loaded.notices[1] == "cutoff_len read as sequence_len");
}

}  // namespace
}  // namespace hone
