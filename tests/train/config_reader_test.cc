// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_reader.h"

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

TEST_CASE("read_config: rank and alpha patterns stay in the order of the file") {
  // Sorted they would be the other way round, and another pattern would be the first to match.
  const TrainConfig c = load(std::string(kLeast) +
                             "adapter: lora\nlora_target_linear: true\n"
                             "lora_rank_pattern: {self_attn.q_proj: 2, '.*_proj': 4}\n"
                             "lora_alpha_pattern:\n  q_proj: 3\n  '.*': 1.5\n")
                            .config;
  CHECK(c.lora_rank_pattern == NamedValues<int64_t>{{"self_attn.q_proj", 2}, {".*_proj", 4}});
  CHECK(c.lora_alpha_pattern == NamedValues<double>{{"q_proj", 3}, {".*", 1.5}});
}

TEST_CASE("read_config: target modules as a list, a regex or PEFT's all-linear") {
  const std::string lora = kLeast + "adapter: lora\n";
  CHECK(load(lora + "lora_target_modules: '.*q_proj'\n").config.lora_target_modules.pattern ==
        ".*q_proj");
  const TrainConfig all = load(lora + "lora_target_modules: all-linear\n").config;
  CHECK(all.lora_target_linear);
  CHECK(all.lora_target_modules.empty());
  CHECK(load(lora + "lora_target_parameters: mlp.gate.weight\n").config.lora_target_parameters ==
        std::vector<std::string>{"mlp.gate.weight"});
}

TEST_CASE("read_config: wrong types and values out of range") {
  const auto rejects = [](const std::string& line, const std::string& message) {
    CAPTURE(line);
    const std::string error = error_of(kLeast + line + "\n");
    CHECK(contains(error, "f.yaml:4:"));
    CHECK(contains(error, message));
  };
  rejects("lora_r: 0", "lora_r: expected an integer of at least 1, found '0'");
  rejects("lora_r: [8]", "found a list");
  rejects("lora_dropout: 1", "from 0 to below 1");
  rejects("adam_beta1: 1.0", "from 0 to below 1");
  rejects("sample_packing: maybe", "sample_packing: expected true or false, found 'maybe'");
  rejects("adapter: lorra", "adapter: expected one of lora, qlora, none, found 'lorra'");
  rejects("max_steps: 1e3", "max_steps: expected an integer of at least 1, found '1e3'");
  rejects("sequence_len: 1", "of at least 2");
  rejects("output_dir: [a]", "output_dir: expected a path, found a list");
  rejects("lora_target_modules: {a: b}", "a list of names or one regex, found a map");
  rejects("lora_target_modules: [[a]]", "expected a list of names or one regex");
  rejects("lora_rank_pattern: {q_proj: 0}", "lora_rank_pattern.q_proj: expected a number of at");
  rejects("lora_rank_pattern: 8", "a map from names to integers of at least 1, found '8'");
  rejects("warmup_ratio: 1.5", "warmup_ratio: expected a number from 0 to below 1");
  CHECK(contains(error_of("base_model: model\nlearning_rate: 1\ndatasets: rows.jsonl\n"),
                 "f.yaml:3:11: datasets: expected a list of {path: ...}, found 'rows.jsonl'"));
  CHECK(contains(error_of("base_model: model\nlearning_rate: 1\ndatasets: []\n"),
                 "f.yaml:3:11: datasets: expected at least one {path: ...}, found an empty list"));
  const std::string items =
      error_of("base_model: model\nlearning_rate: 1\ndatasets: [rows.jsonl, {path: no}]\n");
  CHECK(contains(items, "f.yaml:3:12: datasets.0: expected {path: ...}, found 'rows.jsonl'"));
  CHECK(contains(items, "datasets.1.path: 'no' does not exist"));
}

TEST_CASE("read_config: the folder of a random model's shape is found as other paths are") {
  const UserFolder user;
  fs::create_directories(user.root / "yaml" / "shapes" / "small");
  const auto base_model = [&](const std::string& value) {
    return resolve_config(parse_yaml("base_model: " + value +
                                         "\nlearning_rate: 1\ntokenizer_config: shapes\n"
                                         "datasets: [{path: shapes}]\n",
                                     "f.yaml"),
                          user.root / "yaml", user.roots)
        .config.base_model.written;
  };
  CHECK(base_model("random:quickstart") == "random:quickstart");
  CHECK(base_model("random:shapes/small") ==
        "random:" + (user.root / "yaml" / "shapes" / "small").string());
  CHECK_THROWS_WITH_AS(
      base_model("random:shapes/large"),
      doctest::Contains("f.yaml:1:13: base_model: 'shapes/large' does not exist; tried "), Error);
}

TEST_CASE("read_config: a path that does not exist lists every place") {
  const UserFolder user;
  PathRoots roots = user.roots;
  roots.workspace_roots = {"/workspace"};
  setenv("HF_HUB_CACHE", (user.root / "cache").c_str(), 1);
  try {
    resolve_config(parse_yaml("base_model: org/name\nlearning_rate: 1\n"
                              "datasets: [{path: rows.jsonl}]\n",
                              "f.yaml"),
                   user.root / "yaml", roots);
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(std::string(e.what()) ==
          "f.yaml:1:13: base_model: 'org/name' does not exist; tried " +
              (user.root / "org/name").string() + ", " + (user.root / "yaml/org/name").string() +
              ", /workspace/org/name, " +
              (user.root / "cache/models--org--name/refs/main").string() +
              "; hone downloads nothing, fetch it with: hf download org/name");
  }
}

TEST_CASE(
    "read_config: keys without effect are said once, by reason; switched off they are silent") {
  const std::vector<std::string> notices =
      load(kLeast +
           "tf32: true\nflash_attention: true\nattn_implementation: "
           "flash_attention_2\nxformers_attention: no\n"
           "wandb_project: p\nwandb_name:\nstrict: false\n")
          .notices;
  REQUIRE(notices.size() == 3);
  const auto said = [&](const std::string& start) {
    return std::any_of(notices.begin(), notices.end(),
                       [&](const std::string& n) { return n.starts_with(start); });
  };
  CHECK(said("flash_attention, attn_implementation: no effect: attention has one"));
  CHECK(said("tf32: no effect: "));
  CHECK(said("wandb_project: no effect: "));
}

TEST_CASE("read_config: refused keys give their reason unless they are off") {
  CHECK(error_of(kLeast + "load_in_8bit: true\n") ==
        "f.yaml:4:1: load_in_8bit: not supported: weights have 16 or 4 bits; use load_in_4bit");
  const std::string off =
      "load_in_8bit: false\nval_set_size: 0.0\nresume_from_checkpoint:\nspecial_tokens:\n"
      "trust_remote_code: false\nfp16:\npeft_init_lora_weights: false\n";
  CHECK(error_of(kLeast + off) == "(accepted)");
  CHECK(load(kLeast + off).notices.empty());
  const auto dataset = [](const std::string& key) {
    return "base_model: model\nlearning_rate: 1\ndatasets: [{path: rows.jsonl, " + key + "}]\n";
  };
  CHECK(error_of(dataset("roles_to_train: [assistant]")) == "(accepted)");
  CHECK(error_of(dataset("roles: {critic: [judge]}, roles_to_train: [judge, critic, gpt]")) ==
        "(accepted)");
  CHECK(contains(error_of(dataset("roles_to_train: [assistant, asistant]")),
                 "f.yaml:3:59: datasets.0.roles_to_train: expected one of system, developer, user, "
                 "assistant, tool, function, ipython, model (did you mean \"assistant\"?), or"));
  CHECK(error_of(dataset("train_on_eos: turn")) == "(accepted)");
  CHECK(contains(error_of(dataset("train_on_eos: always")), "expected one of turn, all, last"));
  CHECK(contains(error_of(dataset("input_transform: strip")), "input_transform: not supported"));
}

TEST_CASE("read_config: optimizers with 8-bit states say so, and no others exist") {
  for (const char* name : {"adamw_torch_4bit", "adamw_torch_8bit", "adamw_bnb_8bit", "adamw_8bit",
                           "paged_adamw_8bit", "paged_adamw_32bit"}) {
    CAPTURE(name);
    const LoadedConfig loaded = load(kLeast + "optimizer: " + name + "\n");
    CHECK(loaded.config.optimizer == OptimizerKind::kAdamW8bit);
    REQUIRE(loaded.notices.size() == 1);
    CHECK(loaded.notices[0].starts_with("optimizer: " + std::string(name) +
                                        ": AdamW with 8-bit states"));
  }
  CHECK(load(kLeast + "optimizer: adamw_torch_fused\n").notices.empty());
  const std::string error = error_of(kLeast + "optimizer: lion_8bit\n");
  CHECK(contains(error, "expected one of adamw_torch, adamw_torch_fused, "));
  CHECK(contains(error, "found 'lion_8bit'; no other optimizer is built in"));
}

TEST_CASE("read_config: amounts of memory") {
  const auto limit = [](const std::string& text) {
    return load(kLeast + "memory_limit: " + text + "\n").config.memory_limit->bytes;
  };
  CHECK(limit("1000") == 1000);
  CHECK(limit("12GiB") == int64_t{12} << 30);
  CHECK(limit("1.5 MiB") == 3 << 19);
  CHECK(limit("2gb") == 2'000'000'000);
  CHECK(limit("1_000kb") == 1'000'000);
  for (const char* text :
       {"0", "-1GiB", "GiB", "1e40", "1 GiBi", "much", "nan", "[1]", "1e15TiB"}) {
    CAPTURE(text);
    CHECK(contains(error_of(kLeast + "memory_limit: " + text + "\n"),
                   "memory_limit: expected an amount of memory such as 12GiB, found "));
  }
}

TEST_CASE("read_config: every example is a value that its key accepts") {
  for (const ConfigKey<TrainConfig>& key : train_keys()) {
    if (key.use != KeyUse::kHonoured) continue;
    CAPTURE(key.name);
    const std::string line = std::string(key.name) + ": " + example_text(key) + "\n";
    const bool in_least = kLeast.find(std::string(key.name) + ":") == 0 ||
                          kLeast.find("\n" + std::string(key.name) + ":") != std::string::npos;
    const std::string error = error_of(in_least ? line : kLeast + line);
    CHECK_FALSE(contains(error, std::string(key.name) + ": expected "));
    CHECK_FALSE(contains(error, "unknown key"));
  }
}

TEST_CASE("read_config: regular expressions that are none are errors of the configuration") {
  CHECK(error_of(kLeast + "unfrozen_parameters: [lm_head, 'model.(layers']\n")
            .starts_with("f.yaml:4:32: unfrozen_parameters: the regular expression "
                         "\"model.(layers\" does not compile: missing closing parenthesis"));
  CHECK(contains(error_of(kLeast + "unfrozen_parameters: '['\n"), "f.yaml:4:22: unfrozen_param"));
  const std::string lora = kLeast + "adapter: lora\n";
  CHECK(contains(error_of(lora + "lora_target_modules: '(q_proj'\n"),
                 "f.yaml:5:22: lora_target_modules: the regular expression"));
  CHECK(error_of(lora + "lora_target_modules: ['(q_proj']\n") == "(accepted)");  // a name
  const std::string patterns = lora + "lora_target_linear: true\n";
  CHECK(contains(error_of(patterns + "lora_rank_pattern: {'q_*+*': 2}\n"),
                 "f.yaml:6:21: lora_rank_pattern: the regular expression"));
  CHECK(contains(error_of(patterns + "lora_alpha_pattern: {q: 1, ')': 2}\n"),
                 "f.yaml:6:28: lora_alpha_pattern: the regular expression"));
}

TEST_CASE("read_config: special tokens, of which empty ones are not given") {
  const SpecialTokens tokens =
      load(kLeast +
           "special_tokens:\n  bos_token:\n  eos_token: <|im_end|>\n  unk_token: null\n"
           "  additional_special_tokens: [<a>, <b>]\n")
          .config.special_tokens;
  CHECK(tokens == SpecialTokens{{{"eos_token", "<|im_end|>"}}, {"<a>", "<b>"}});
  CHECK(load(kLeast + "special_tokens: {pad_token: , additional_special_tokens: }\n")
            .config.special_tokens == SpecialTokens{});
  CHECK(error_of(kLeast + "special_tokens: {eos: x}\n") ==
        "f.yaml:4:18: unknown key 'special_tokens.eos'; expected bos_token, eos_token, unk_token, "
        "sep_token, pad_token, cls_token, mask_token, additional_special_tokens");
  CHECK(contains(error_of(kLeast + "special_tokens: {eos_token: [x]}\n"),
                 "f.yaml:4:29: special_tokens.eos_token: expected text, found a list"));
  CHECK(contains(error_of(kLeast + "special_tokens: {additional_special_tokens: {a: b}}\n"),
                 "additional_special_tokens: expected a list of texts, found a map"));
  // What is not given in a map of patterns neither.
  CHECK(load(kLeast + "adapter: lora\nlora_target_linear: true\n"
                      "lora_rank_pattern: {q_proj: , k_proj: 2}\n")
            .config.lora_rank_pattern == NamedValues<int64_t>{{"k_proj", 2}});
  // On the command line, too.
  const UserFolder user;
  const LoadedConfig loaded = load_config(
      parse_command_line({"base_model=model", "learning_rate=1", "datasets.0.path=rows.jsonl",
                          "special_tokens.eos_token=<|im_end|>",
                          "special_tokens.additional_special_tokens=[<a>]"}),
      user.roots);
  CHECK(loaded.config.special_tokens == SpecialTokens{{{"eos_token", "<|im_end|>"}}, {"<a>"}});
}

TEST_CASE("read_config: a dataset's own chat template") {
  const auto item = [](const std::string& keys) {
    return "base_model: model\nlearning_rate: 1\ndatasets: [{path: rows.jsonl, " + keys + "}]\n";
  };
  const LoadedConfig named = load(item("chat_template: qwen3_5") + "chat_template: chatml\n");
  CHECK(named.config.datasets[0].chat_template == "qwen3_5");
  CHECK(named.config.chat_template == "chatml");
  CHECK(load(item("chat_template: , chat_template_jinja: "))
            .config.datasets[0]
            .chat_template.empty());
  const LoadedConfig text = load(item("chat_template_jinja: '{{ 1 }}'"));
  CHECK(text.config.datasets[0].chat_template == "jinja");
  CHECK(text.config.datasets[0].chat_template_jinja == "{{ 1 }}");
  CHECK(
      contains(error_of(item("chat_template: gpt5")),
               "f.yaml:3:46: datasets.0.chat_template: is not known; expected tokenizer_default"));
  CHECK(contains(error_of(item("chat_template: jinja")), "jinja needs chat_template_jinja"));
  CHECK(contains(error_of(item("chat_template_jinja: none.jinja")),
                 "datasets.0.chat_template_jinja: 'none.jinja' is neither a template"));
}

}  // namespace
}  // namespace hone
