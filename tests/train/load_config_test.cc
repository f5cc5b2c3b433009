// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/load_config.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/train/config_fixture.h"
#include "train/config_key_text.h"
#include "train/config_keys.h"
#include "train/config_yaml.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("load_config: the least configuration has the documented defaults") {
  const TrainConfig config = load(kLeast).config;
  CHECK(config.base_model.written == "model");
  CHECK(config.base_model.path.filename() == "model");
  CHECK(config.learning_rate == 1e-4);
  REQUIRE(config.datasets.size() == 1);
  CHECK(config.datasets[0].path.path.filename() == "rows.jsonl");
  CHECK(config.datasets[0].type.word == RowType::kAuto);
  CHECK(config.datasets[0].field_messages == "messages");
  CHECK(config.adapter == AdapterKind::kNone);
  CHECK(config.sequence_len == 512);
  CHECK(config.seed == 42);
  CHECK(config.adam_beta2 == 0.999);
  CHECK_FALSE(config.max_steps.has_value());
  CHECK(config.output_dir.empty());
  CHECK(load(kLeast).notices.empty());
}

TEST_CASE("load_config: every honoured key reaches its member") {
  const TrainConfig c =
      load(
          "base_model: random:quickstart\ntokenizer_config: data/quickstart\nbf16: on\n"
          "gradient_checkpointing: true\noutput_router_logits: yes\nrouter_aux_loss_coef: 0.01\n"
          "datasets:\n"
          "  - {path: rows.jsonl, type: alpaca_chat.load_qa, field_question: q, field_answer: a}\n"
          "  - {path: rows.jsonl, type: chat_template, field_messages: m, split: train}\n"
          "sequence_len: 1_024\nsample_packing: true\ntrain_on_inputs: true\n"
          "adapter: qlora\nload_in_4bit: true\nbnb_4bit_quant_type: fp4\nlora_r: 4\n"
          "lora_alpha: 16\nlora_dropout: 0.05\nlora_target_modules: [q_proj, v_proj]\n"
          "lora_target_linear: true\npeft_use_rslora: true\n"
          "lora_rank_pattern: {'mlp.*down_proj': 2}\nlora_alpha_pattern: {q_proj: 3.5}\n"
          "learning_rate: 2e-4\nlr_scheduler: linear\nwarmup_steps: 3\n"
          "optimizer: adamw_bnb_8bit\nweight_decay: 0.1\nadam_beta1: 0.8\nadam_beta2: 0.95\n"
          "adam_epsilon: 1e-6\nmax_grad_norm: 0.5\nmicro_batch_size: 2\n"
          "gradient_accumulation_steps: 3\nnum_epochs: 1.5\nmax_steps: 40\nseed: 7\n"
          "output_dir: out/run\nlogging_steps: 5\ndefault_system_message: Sing.\n"
          "chat_template_jinja: '{{ 1 }}'\neot_tokens: <|end|>\nspecial_tokens: {eos_token: x}\n")
          .config;
  CHECK(c.base_model.written == "random:quickstart");
  CHECK(c.base_model.path.empty());
  CHECK(c.tokenizer_config.path.filename() == "quickstart");
  CHECK(c.bf16 == Bf16::kTrue);
  CHECK(c.gradient_checkpointing);
  CHECK(c.output_router_logits == true);
  CHECK(c.router_aux_loss_coef == 0.01);
  REQUIRE(c.datasets.size() == 2);
  CHECK(c.datasets[0].type.word == RowType::kQuestionAnswer);
  CHECK(c.datasets[0].field_question == "q");
  CHECK(c.datasets[0].field_answer == "a");
  CHECK(c.datasets[1].type.word == RowType::kMessages);
  CHECK(c.datasets[1].field_messages == "m");
  CHECK(c.sequence_len == 1024);
  CHECK(c.sample_packing);
  CHECK(c.train_on_inputs);
  CHECK(c.adapter == AdapterKind::kQlora);
  CHECK(c.load_in_4bit);
  CHECK(c.bnb_4bit_quant_type == QuantType::fp4);
  CHECK(c.lora_r == 4);
  CHECK(c.lora_alpha == 16);
  CHECK(c.lora_dropout == 0.05);
  CHECK(c.lora_target_modules.names == std::vector<std::string>{"q_proj", "v_proj"});
  CHECK(c.lora_target_linear);
  CHECK(c.peft_use_rslora);
  CHECK(c.lora_rank_pattern == NamedValues<int64_t>{{"mlp.*down_proj", 2}});
  CHECK(c.lora_alpha_pattern == NamedValues<double>{{"q_proj", 3.5}});
  CHECK(c.learning_rate == 2e-4);
  CHECK(c.lr_scheduler == LrSchedule::kLinear);
  CHECK(c.warmup_steps == 3);
  CHECK_FALSE(c.warmup_ratio.has_value());
  CHECK(c.optimizer == OptimizerKind::kAdamW8bit);
  CHECK(c.weight_decay == 0.1);
  CHECK(c.adam_beta1 == 0.8);
  CHECK(c.adam_beta2 == 0.95);
  CHECK(c.adam_epsilon == 1e-6);
  CHECK(c.max_grad_norm == 0.5);
  CHECK(c.micro_batch_size == 2);
  CHECK(c.gradient_accumulation_steps == 3);
  CHECK(c.num_epochs == 1.5);
  CHECK(c.max_steps == 40);
  CHECK(c.seed == 7);
  CHECK(c.output_dir.filename() == "run");
  CHECK(c.output_dir.is_absolute());
  CHECK(c.logging_steps == 5);
  CHECK(c.default_system_message == "Sing.");
  CHECK(c.chat_template == "jinja");
  CHECK(c.chat_template_jinja == "{{ 1 }}");
  CHECK(c.eot_tokens == std::vector<std::string>{"<|end|>"});
  CHECK(c.special_tokens.texts.at("eos_token") == "x");
}

TEST_CASE("load_config: evals_per_epoch: 0 means no evaluation, as in axolotl's examples") {
  const TrainConfig c = load(kLeast + "evals_per_epoch: 0\ncosine_min_lr_ratio: 1.0\n").config;
  CHECK(c.eval_strategy == StepStrategy::kNo);
  CHECK_FALSE(c.evals_per_epoch.has_value());
  CHECK(c.cosine_min_lr_ratio == 1.0);
}

TEST_CASE("load_config: all problems at once, in the order of their places") {
  CHECK(error_of("learning_rate: fast\n"
                 "lora_rr: 8\n"
                 "base_model: model\n"
                 "seed: 1.5\n"
                 "datasets: [{pth: x}]\n") ==
        "5 problems in the configuration:\n"
        "  f.yaml:1:16: learning_rate: expected a number above 0, found 'fast'\n"
        "  f.yaml:2:1: unknown key 'lora_rr'; did you mean 'lora_r'?\n"
        "  f.yaml:4:7: seed: expected an integer of at least 0, found '1.5'\n"
        "  f.yaml:5:12: datasets.0.path: required, but not given (a .jsonl or .json file of rows, "
        "a folder of them, or a pattern of their names: data/*.jsonl)\n"
        "  f.yaml:5:13: unknown key 'datasets.0.pth'; did you mean 'datasets.0.path'?");
}

TEST_CASE("load_config: a single problem stands alone") {
  CHECK(error_of(kLeast + "max_step: 4\n") ==
        "f.yaml:4:1: unknown key 'max_step'; did you mean 'max_steps'?");
  CHECK(error_of(kLeast + "zzzzzzzz: 4\n") ==
        "f.yaml:4:1: unknown key 'zzzzzzzz'; --help lists the known ones");
  CHECK(error_of("- a\n") == "f.yaml:1:1: expected 'key: value' lines, found a list");
}

TEST_CASE("load_config: required keys, also when empty") {
  const std::string error = error_of("base_model:\n");
  CHECK(contains(error, "3 problems"));
  CHECK(contains(error, "base_model: required, but not given"));
  CHECK(contains(error, "learning_rate: required, but not given"));
  CHECK(contains(error, "datasets: required, but not given"));
}

TEST_CASE("load_config: keys that contradict each other") {
  const std::string lora = kLeast + "lora_target_linear: true\n";
  CHECK(contains(error_of(lora + "adapter: qlora\n"), "f.yaml:5:10: adapter: qlora needs load_in"));
  CHECK(error_of(lora + "adapter: qlora\nload_in_4bit: true\n") == "(accepted)");
  CHECK(contains(error_of(kLeast + "load_in_4bit: true\n"), "f.yaml:4:15: load_in_4bit: "));
  CHECK(contains(error_of(kLeast + "adapter: lora\n"), "adapter: nothing would be trained"));
  CHECK(error_of(lora + "adapter: lora\n") == "(accepted)");
  const std::string both = kLeast + "warmup_steps: 3\nwarmup_ratio: 0.1\n";
  CHECK(contains(error_of(both), "f.yaml:5:15: warmup_ratio: warmup_steps is set too"));
  CHECK(error_of(kLeast + "warmup_steps: 3\nwarmup_ratio:\n") == "(accepted)");
  CHECK(contains(error_of(kLeast + "warmup_steps: 5\nmax_steps: 4\n"), "longer than max_steps"));
  const std::string experts = kLeast +
                              "adapter: lora\nlora_target_parameters: [mlp.experts.down_proj]\n"
                              "lora_dropout: ";
  CHECK(contains(error_of(experts + "0.1\n"), "lora_dropout: must be 0"));
  CHECK(error_of(experts + "0\n") == "(accepted)");
  CHECK(contains(error_of(kLeast + "output_dir: model\n"), "output_dir: this is base_model's"));
  CHECK(contains(error_of(kLeast + "output_dir: rows.jsonl\n"), "is a file"));
  CHECK(contains(error_of("base_model: random:x\nlearning_rate: 1\n"
                          "datasets: [{path: rows.jsonl}]\n"),
                 "f.yaml:1:13: base_model: a random: model has no tokenizer"));
  CHECK(contains(error_of("base_model: model\nlearning_rate: 1\n"
                          "datasets: [{path: rows.jsonl, split: 'train[:20%'}]\n"),
                 "f.yaml:3:38: datasets.0.split: "));
}

TEST_CASE("load_config: remarks between keys") {
  const auto notices = load(kLeast + "lora_r: 4\nlora_target_linear: true\n").notices;
  REQUIRE(notices.size() == 2);
  CHECK(notices[0].starts_with("lora_target_linear: no effect: adapter is none"));
  CHECK(notices[1].starts_with("lora_r: no effect: adapter is none"));
  const auto warmup = load(kLeast + "lr_scheduler: constant\nwarmup_steps: 2\n").notices;
  REQUIRE(warmup.size() == 1);
  CHECK(warmup[0].starts_with("lr_scheduler: constant has no warmup"));
}

TEST_CASE("load_config: a model by its name, from the Hugging Face cache") {
  const UserFolder user;
  const fs::path model = user.root / "hub/models--org--name";
  fs::create_directories(model / "refs");
  fs::create_directories(model / "snapshots/0123abcd");
  std::ofstream(model / "refs/main") << "0123abcd\n";
  unsetenv("HF_HUB_CACHE");
  setenv("HF_HOME", user.root.c_str(), 1);
  const ConfigValue tree = parse_yaml(
      "base_model: org/name\nlearning_rate: 1\ndatasets: [{path: rows.jsonl}]\n", "f.yaml");
  const TrainConfig config = resolve_config(tree, user.root, user.roots).config;
  CHECK(config.base_model.written == "org/name");  // what adapter_config.json will say
  CHECK(config.base_model.path == model / "snapshots/0123abcd");
  CHECK(config.base_model.by_name);
  // A folder of that name comes first.
  fs::create_directories(user.root / "org/name");
  CHECK(resolve_config(tree, user.root, user.roots).config.base_model.path ==
        user.root / "org/name");
  fs::remove_all(user.root / "org");
  // A cache that names a commit which is not there, or no commit at all.
  for (const char* commit : {"ffff", "../../x", ""}) {
    CAPTURE(commit);
    std::ofstream(model / "refs/main", std::ios::trunc) << commit;
    CHECK_THROWS_AS(resolve_config(tree, user.root, user.roots), Error);
  }
  unsetenv("HF_HOME");
}

TEST_CASE("load_config: the resolved file gives the same configuration again") {
  const UserFolder user;
  const auto resolved = [&](const std::string& yaml) {
    return config_yaml(resolve_config(parse_yaml(yaml, "f.yaml"), user.root, user.roots).config);
  };
  for (const std::string& lines :
       {std::string(),
        std::string("adapter: qlora\nload_in_4bit: true\nlora_target_modules: [q_proj, \"a b\"]\n"
                    "lora_rank_pattern: {'.*\\.q_proj': 2}\nlora_alpha_pattern: {v: 2.5}\n"
                    "warmup_ratio: 0.1\nadam_epsilon: 1e-9\nbatch_size: 6\nmicro_batch_size: 2\n"
                    "memory_limit: 3GiB\noutput_dir: out\noptimizer: adamw_torch_4bit\n"
                    "gradient_checkpointing: offload\noutput_router_logits: false\n"),
        std::string("save_steps: 5\nsave_total_limit: 2\nloss_watchdog_threshold: 5\n"),
        std::string("saves_per_epoch: 2\nsave_only_model: true\non_non_finite: skip\n"),
        std::string("val_set_size: 0.1\neval_steps: 5\nearly_stopping_patience: 2\n"
                    "early_stopping_threshold: 0.1\nload_best_model_at_end: true\n"),
        std::string("adapter: lora\nlora_target_modules: '.*[qv]_proj: \"x\"'\nmax_steps: 3\n"
                    "seed: 123456789\nlearning_rate:\n")}) {
    CAPTURE(lines);
    const bool has_rate = lines.find("learning_rate") == std::string::npos;
    const std::string least = has_rate ? kLeast
                                       : "base_model: model\nlr_scheduler: linear\n"
                                         "datasets: [{path: rows.jsonl, field_answer: \"a: b\"}]\n";
    std::string yaml = least + lines;
    if (!has_rate) yaml.replace(yaml.find("learning_rate:"), 14, "learning_rate: 1.7e-05");
    const std::string once = resolved(yaml);
    CAPTURE(once);
    CHECK(resolved(once) == once);
    CHECK(resolve_config(parse_yaml(once, "f.yaml"), user.root, user.roots).notices.size() <= 1);
  }
  // From elsewhere too: files are written absolute.
  const std::string yaml = resolved(kLeast);
  const PathRoots elsewhere = {"/", {}};
  CHECK(config_yaml(resolve_config(parse_yaml(yaml, "f.yaml"), "/", elsewhere).config) == yaml);
}

TEST_CASE("load_config: batch_size sets the accumulation") {
  const TrainConfig c = load(kLeast + "batch_size: 12\nmicro_batch_size: 4\n").config;
  CHECK(c.gradient_accumulation_steps == 3);
  CHECK_FALSE(c.batch_size.has_value());
}

TEST_CASE("load_config: a file and the command line together") {
  const UserFolder user;
  std::ofstream(user.root / "run.yaml") << kLeast << "seed: 1\n";
  const auto run = [&](std::vector<std::string> arguments) {
    return load_config(parse_command_line(arguments), user.roots).config;
  };
  CHECK(run({"run.yaml"}).seed == 1);
  CHECK(run({"run.yaml", "seed=2", "seed=3"}).seed == 3);
  CHECK(run({"run.yaml", "datasets.0.field_answer=a"}).datasets[0].field_answer == "a");
  CHECK(
      run({"base_model=model", "learning_rate=1e-3", "datasets.0.path=rows.jsonl"}).learning_rate ==
      1e-3);
  try {
    run({"run.yaml", "seed=x", "datasets.5.path=y", "sed=3"});
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(
        std::string(e.what()) ==
        "3 problems in the configuration:\n"
        "  command line argument 2: seed: expected an integer of at least 0, found 'x'\n"
        "  command line argument 4: unknown key 'sed'; did you mean 'seed'?\n"
        "  command line argument 3: datasets.5.path: '5' is not an index from 0 to 1 (1 appends)");
  }
  CHECK_THROWS_WITH_AS(run({"absent.yaml"}),
                       ("configuration file 'absent.yaml' does not exist; tried " +
                        (user.root / "absent.yaml").string())
                           .c_str(),
                       Error);
}

TEST_CASE("load_config: a file of axolotl's for Qwen3.5 needs no change") {
  const LoadedConfig loaded = load(
      "base_model: model\n\nplugins:\n"
      "  - axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin\nstrict: false\n\n"
      "chat_template: qwen3_5\ndatasets:\n  - path: rows.jsonl\n    type: chat_template\n"
      "    split: train[:20%]\n    field_messages: conversations\n"
      "    message_property_mappings:\n      role: from\n      content: value\n"
      "val_set_size: 0.0\noutput_dir: ./outputs/out\ndataset_prepared_path: last_run_prepared\n\n"
      "sequence_len: 2048\nsample_packing: true\neval_sample_packing: true\n\nload_in_4bit: "
      "true\nadapter: qlora\n"
      "lora_r: 16\nlora_alpha: 32\nlora_target_modules:\n  - q_proj\n  - k_proj\n  - v_proj\n"
      "  - o_proj\n\nwandb_project:\nwandb_entity:\n\ngradient_accumulation_steps: 2\n"
      "micro_batch_size: 1\nnum_epochs: 1\noptimizer: adamw_torch_4bit\n"
      "lr_scheduler: cosine\nlearning_rate: 0.0002\n\nbf16: auto\ntf32: true\n\n"
      "gradient_checkpointing: true\ngradient_checkpointing_kwargs:\n  use_reentrant: false\n"
      "resume_from_checkpoint:\nlogging_steps: 1\nflash_attention: true\n\nwarmup_ratio: 0.1\n"
      "evals_per_epoch: 4\nsaves_per_epoch: 1\nweight_decay: 0.0\n"
      "special_tokens:\n  pad_token: <|endoftext|>\n  eos_token: <|im_end|>\n");
  CHECK(loaded.config.chat_template == "qwen3_5");
  CHECK(loaded.config.special_tokens ==
        SpecialTokens{{{"pad_token", "<|endoftext|>"}, {"eos_token", "<|im_end|>"}}, {}});
}

TEST_CASE("load_config: the GSM8K example needs nothing but the rows") {
  const UserFolder user;
  const FoundPath example =
      find_from_command_line("train/examples/gsm8k.yaml", PathRoots{fs::current_path(), {}});
  REQUIRE_FALSE(example.path.empty());
  const std::string file = example.path.string();
  fs::create_directories(user.root / "data/quickstart/base");
  const LoadedConfig loaded =
      load_config(parse_command_line({file, "datasets.0.path=rows.jsonl"}), user.roots);
  CHECK(loaded.notices.empty());
  CHECK(loaded.config.max_steps == 40);
  CHECK(loaded.config.sample_packing);
  CHECK(loaded.config.datasets[0].type.word == RowType::kQuestionAnswer);
  CHECK(loaded.config.lora_target_parameters.size() == 3);
  CHECK_THROWS_AS(load_config(parse_command_line({file}), user.roots), Error);
}

TEST_CASE("load_config: the default output folder carries the time") {
  setenv("TZ", "UTC0", 1);
  const PathRoots roots = {"/home/user", {}};
  CHECK(default_output_dir(roots, 1'790'000'000) == "/home/user/outputs/2026-09-21_14-13-20");
}

}  // namespace
}  // namespace hone
