// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The configuration of a run. Variants: tests/train/yaml_test.cc, load_config_test.cc and
// config_value_test.cc.
#include <filesystem>

#include "data/file.h"
#include "tests/bad_input/bad_input.h"
#include "train/load_config.h"

namespace hone::bad_input {
namespace {

constexpr const char* kLeast =
    "base_model: model\nlearning_rate: 1e-4\ndatasets: [{path: rows.jsonl}]\n";

// run.yaml with these lines behind the ones that every configuration needs.
Row with(const char* id, const char* what, const std::string& lines, const char* message) {
  return {id, what, message[0] == '\0' ? 0 : kUsage, message, [lines](const std::string& dir) {
            std::filesystem::create_directory(dir + "/model");
            write_file(dir + "/rows.jsonl", "{}\n");
            write_file(dir + "/run.yaml", kLeast + lines);
            load_config(parse_command_line({"run.yaml"}), PathRoots{dir, {}});
          }};
}

// Every level holds the one before ten times.
std::string billion_laughs() {
  std::string text = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*x" + std::to_string(i - 1);
    text += "x" + std::to_string(i) + ": &x" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) text += ", " + before;
    text += "]\n";
  }
  return text;
}

}  // namespace

Rows yaml_rows() {
  return {
      with("63", "an unknown key", "lora_rnk: 8\n",
           "run.yaml:4:1: unknown key 'lora_rnk'; did you mean 'lora_r'?"),
      with("64", "a key twice", "seed: 1\nseed: 2\n",
           "run.yaml:5:1: the key 'seed' was already given at line 4; keep one of the two"),
      with("65", "text for a number", "weight_decay: fast\n",
           "run.yaml:4:15: weight_decay: expected a number of at least 0, found 'fast'"),
      with("65b", "legal: numbers and truth as PyYAML and pydantic read them",
           "weight_decay: 2e-4\nsequence_len: 1_000\nsample_packing: yes\n", ""),
      with("65c", "an integer with an exponent", "max_steps: 1e3\n",
           "run.yaml:4:12: max_steps: expected an integer of at least 1, found '1e3'"),
      with("66", "an alias that contains itself", "x: &x [*x]\n",
           "run.yaml:4:8: the alias contains itself"),
      with("66b", "a billion values from ten lines", billion_laughs(),
           "run.yaml:8:40: more than 100000 values once aliases are expanded; no configuration "
           "needs that many"),
      with("66c", "lists 100,000 deep", "x: " + std::string(100'000, '[') + "\n",
           "run.yaml:6:1: nested 500 levels deep, which is too deep"),
      with("66d", "a tab for indentation", "lora_rank_pattern:\n\tq_proj: 4\n",
           "run.yaml:5:8: illegal map value; this line is indented with a tab, YAML indents with "
           "spaces"),
      with("66e", "two documents", "---\nseed: 1\n",
           "run.yaml:5:1: a second document begins; a configuration is one document"),
      with("66f", "a merge of what is no map", "<<: [1, 2]\n",
           "run.yaml:4:1: '<<' merges maps, found '1' in its list"),
      with("66g", "qlora without 4-bit weights", "adapter: qlora\nlora_target_linear: true\n",
           "run.yaml:4:10: adapter: qlora needs load_in_4bit: true"),
      with("66h", "two lengths for the warmup", "warmup_steps: 3\nwarmup_ratio: 0.1\n",
           "run.yaml:5:15: warmup_ratio: warmup_steps is set too; keep one of the two "
           "(warmup_steps: '3' at run.yaml:4:15)"),
      with("66i", "the output in the folder of the base model", "output_dir: model\n",
           "run.yaml:4:13: output_dir: this is base_model's folder, which the results would "
           "overwrite; give another (base_model: 'model' at run.yaml:1:13)"),
  };
}

}  // namespace hone::bad_input
