// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// finetune [config.yaml] [key=value ...] [--dry-run] [--memory-cap=BYTES] [--help]
// finetune explain [KEY]
//
// --dry-run is dry_run=true, --memory-cap=12GiB is memory_limit=12GiB.
//
// A key=value pair sets one key, whatever the YAML file says. Dots reach into lists and maps:
// datasets.0.path=rows.jsonl, lora_target_modules.1=v_proj; an index equal to the length of a list
// appends to it. A value that begins with '[', '{', '"' or ''' is read as YAML, any other is taken
// as it stands; an empty value means "not given". Of two pairs for one key the later one counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/config_value.h"

namespace hone {

struct Override {
  std::string key;          // dotted
  std::string value;        // as typed
  int64_t number = 0;       // which argument, from 1
  std::string option = {};  // what was typed instead of the key: "--memory-cap"
};

struct CommandLine {
  bool help = false;
  bool explain = false;
  std::string explain_key;  // empty: all
  std::string config_path;  // as typed; empty when none was given
  std::vector<Override> overrides;
};

// Splits the arguments (without the program's name). One that contains '=' after a key is an
// override, any other that does not begin with '-' is the YAML file.
// Errors: kUsage for unknown options and for a second file.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

// Whether the overrides change the built-in example, the quickstart: there is no YAML file, and none
// of them names a base_model, without which there is nothing else to train.
bool is_quickstart(const CommandLine& command_line);

// Writes the override into the tree, creating lists and maps on the way.
// Errors: kUsage, beginning with "command line argument <number>".
void apply_override(const Override& change, ConfigValue& tree);

// What --help prints: usage, examples and the name of every honoured key, in at most 40 lines of at
// most 100 columns.
std::string help_text();

}  // namespace hone
