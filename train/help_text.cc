// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "train/command_line.h"
#include "train/config_keys.h"

namespace hone {
namespace {

constexpr size_t kColumns = 100;

// "  model      base_model* ..." with further lines indented alike. A group begins on the line of the
// one before where all of it fits.
void add_group(KeyGroup group, std::string& text) {
  constexpr size_t kIndent = 13;
  std::string line = "  " + std::string(name_of(group));
  line.resize(kIndent, ' ');
  std::string lines;
  bool empty = true;
  for (const ConfigKey<TrainConfig>& key : train_keys()) {
    if (key.use != KeyUse::kHonoured || key.group != group) continue;
    const std::string word = std::string(key.name) + (key.required ? "*" : "");
    if (!empty && line.size() + word.size() + 1 > kColumns) {
      lines += line + "\n";
      line.assign(kIndent, ' ');
    }
    line += (line.back() == ' ' ? "" : " ") + word;
    empty = false;
  }
  if (empty) return;
  const size_t last = text.rfind('\n', text.size() - 2) + 1;
  if (lines.empty() && text[last] == ' ' && text.size() - last + line.size() <= kColumns)
    text.pop_back();
  text += lines + line + "\n";
}

}  // namespace

std::string help_text() {
  std::string text =
      "usage: finetune [config.yaml] [key=value ...] [--dry-run] [--memory-cap=BYTES] [--help]\n"
      "       finetune explain [KEY]\n"
      "\n"
      "Finetunes a model as config.yaml says; key=value pairs override the file, dots reach into "
      "lists "
      "and\n"
      "maps. Without file and base_model=, they change the quickstart (half a minute on two "
      "cores).\n"
      "--dry-run only prints the plan. Paths start where you stand; in the file, from its folder "
      "too.\n"
      "\n"
      "  finetune output_dir=first seed=7\n"
      "  finetune run.yaml learning_rate=1e-4 lora_target_modules=[q_proj,v_proj] output_dir=run2\n"
      "\n"
      "Keys (axolotl's names; * must be given; explain KEY tells meaning, type and default):\n";
  for (const KeyGroup group : kKeyGroups) add_group(group, text);
  text +=
      "\n"
      "Writes metrics.jsonl, config.resolved.yaml and the adapter or model to output_dir.\n"
      "Exit codes: 0 done, 1 bug, 2 usage or configuration, 3 dataset, 4 model or tokenizer "
      "files,\n"
      "5 out of memory, 6 loss not finite, 7 peer failed, 8 disk, 9 device.\n";
  return text;
}

}  // namespace hone
