// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/command_line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "tensor/check.h"
#include "train/config_keys.h"
#include "train/yaml.h"

namespace hone {
namespace {

std::string error_of(const std::vector<std::string>& arguments) {
  try {
    parse_command_line(arguments);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::kUsage);
    return e.what();
  }
  return "(accepted)";
}

// The tree after `key=value`, starting from YAML text.
ConfigValue changed(const std::string& yaml, const std::string& key, const std::string& value) {
  ConfigValue tree = parse_yaml(yaml, "f.yaml");
  apply_override({key, value, 2}, tree);
  return tree;
}

std::string override_error(const std::string& yaml, const std::string& key,
                           const std::string& value) {
  try {
    changed(yaml, key, value);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::kUsage);
    return e.what();
  }
  return "(accepted)";
}

TEST_CASE("command_line: a file and settings in any order") {
  const CommandLine line = parse_command_line({"seed=7", "run.yaml", "datasets.0.path=a=b.jsonl"});
  CHECK(line.config_path == "run.yaml");
  CHECK_FALSE(line.help);
  REQUIRE(line.overrides.size() == 2);
  CHECK(line.overrides[0].key == "seed");
  CHECK(line.overrides[0].value == "7");
  CHECK(line.overrides[0].number == 1);
  CHECK(line.overrides[1].key == "datasets.0.path");
  CHECK(line.overrides[1].value == "a=b.jsonl");
  CHECK(line.overrides[1].number == 3);
  CHECK(parse_command_line({}).config_path.empty());
  CHECK(parse_command_line({"x.yaml", "--help"}).help);
  CHECK(parse_command_line({"-h"}).help);
}

TEST_CASE("command_line: options that stand for keys, and explain") {
  const CommandLine line = parse_command_line({"run.yaml", "--dry-run", "--memory-cap=3GiB"});
  REQUIRE(line.overrides.size() == 2);
  CHECK(line.overrides[0].key == "dry_run");
  CHECK(line.overrides[0].value == "true");
  CHECK(line.overrides[1].key == "memory_limit");
  CHECK(line.overrides[1].value == "3GiB");
  CHECK(line.overrides[1].number == 3);
  CHECK_FALSE(line.explain);
  CHECK(parse_command_line({"explain"}).explain);
  CHECK(parse_command_line({"explain"}).explain_key.empty());
  CHECK(parse_command_line({"explain", "lora_r"}).explain_key == "lora_r");
  CHECK(error_of({"explain", "lora_r", "seed"}) ==
        "command line argument 3: explain takes one key, 'seed' is a second one");
}

TEST_CASE("command_line: file names may contain '='") {
  CHECK(parse_command_line({"runs/lr=2.yaml"}).config_path == "runs/lr=2.yaml");
  CHECK(parse_command_line({"./lr=2.yaml"}).config_path == "./lr=2.yaml");
}

TEST_CASE("command_line: what it rejects") {
  CHECK(error_of({"a.yaml", "b.yaml"}) ==
        "command line argument 2: 'b.yaml' is a second configuration file after 'a.yaml'; settings "
        "are written key=value");
  CHECK(error_of({"--max_steps=4"}) ==
        "command line argument 1: unknown option '--max_steps=4'; write max_steps=4");
  CHECK(error_of({"--memory-cap"}).ends_with("expected --memory-cap=BYTES, 12GiB say"));
  CHECK(error_of({"--dryrun"}).ends_with("did you mean '--dry-run'?"));
  CHECK(error_of({"--verbose"}).starts_with("command line argument 1: unknown option"));
  CHECK(error_of({""}).starts_with("command line argument 1: unknown option"));
}

TEST_CASE("command_line: settings replace, append and create") {
  const std::string yaml = "seed: 1\ndatasets:\n  - type: auto\n";
  CHECK(changed(yaml, "seed", "7").find("seed")->text == "7");
  CHECK(changed(yaml, "seed", "7").find("seed")->at.str() == "command line argument 2");
  CHECK(changed(yaml, "seed", "").find("seed")->is_null());
  CHECK(changed(yaml, "seed", "null").find("seed")->is_null());

  const ConfigValue path = changed(yaml, "datasets.0.path", "x.jsonl");
  CHECK(path.find("datasets")->items[0].find("path")->text == "x.jsonl");
  CHECK(path.find("datasets")->items[0].find("type")->text == "auto");
  CHECK(changed(yaml, "datasets.1.path", "y.jsonl").find("datasets")->items.size() == 2);

  const ConfigValue created = changed("", "datasets.0.path", "x.jsonl");
  CHECK(created.find("datasets")->items[0].find("path")->text == "x.jsonl");
  CHECK(changed("", "lora_target_modules.0", "q").find("lora_target_modules")->items[0].text ==
        "q");
}

TEST_CASE("command_line: values are plain text unless they begin like YAML") {
  const ConfigValue list = changed("", "lora_target_modules", "[q_proj, v_proj]");
  REQUIRE(list.find("lora_target_modules")->items.size() == 2);
  CHECK(list.find("lora_target_modules")->items[1].text == "v_proj");
  CHECK(list.find("lora_target_modules")->items[1].at.str() == "command line argument 2");
  CHECK(changed("", "lora_rank_pattern", "{q_proj: 4}")
            .find("lora_rank_pattern")
            ->find("q_proj")
            ->text == "4");
  CHECK(changed("", "output_dir", "'a b'").find("output_dir")->text == "a b");
  for (const char* text : {"*.jsonl", "a: b", "x # y", "&x", "!x", "- x", "@x", "%x"}) {
    CAPTURE(text);
    CHECK(changed("", "output_dir", text).find("output_dir")->text == text);
  }
  CHECK(override_error("", "seed", "[1").starts_with("command line argument 2:"));
}

TEST_CASE("command_line: the keys of pattern maps keep their dots") {
  const ConfigValue tree = changed("", "lora_rank_pattern.mlp.experts.down_proj", "4");
  CHECK(tree.find("lora_rank_pattern")->find("mlp.experts.down_proj")->text == "4");
}

TEST_CASE("command_line: steps that lead nowhere") {
  const std::string yaml = "seed: 1\ndatasets:\n  - type: auto\n";
  CHECK(override_error(yaml, "datasets.2.path", "x") ==
        "command line argument 2: datasets.2.path: '2' is not an index from 0 to 1 (1 appends)");
  CHECK(override_error(yaml, "datasets.path", "x") ==
        "command line argument 2: datasets.path: 'path' is not an index from 0 to 1 (1 appends)");
  CHECK(override_error(yaml, "datasets.99999999999999999999.path", "x").find("is not an index") !=
        std::string::npos);
  CHECK(override_error(yaml, "seed.x", "1") ==
        "command line argument 2: seed.x: cannot set 'x' inside '1', which has no parts");
  CHECK(override_error(yaml, "datasets..path", "x").find("a name is missing") != std::string::npos);
  CHECK(override_error(yaml, "datasets.", "x").find("a name is missing") != std::string::npos);
}

TEST_CASE("command_line: without a file, pairs change the quickstart unless they name a model") {
  const auto quickstart = [](const std::vector<std::string>& arguments) {
    return is_quickstart(parse_command_line(arguments));
  };
  CHECK(quickstart({}));
  CHECK(quickstart({"--dry-run"}));
  CHECK(quickstart({"output_dir=out"}));
  CHECK(quickstart({"device=cuda", "seed=7", "--memory-cap=1GiB"}));
  CHECK(!quickstart({"run.yaml"}));
  CHECK(!quickstart({"run.yaml", "seed=7"}));
  CHECK(!quickstart({"seed=7", "base_model=random:quickstart"}));
  CHECK(!quickstart({"model_name_or_path=random:quickstart"}));  // other programs' name for it
}

TEST_CASE("command_line: help fits a screen and names every honoured key") {
  const std::string help = help_text();
  CHECK(std::count(help.begin(), help.end(), '\n') <= 40);
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
  for (const ConfigKey<TrainConfig>& key : train_keys()) {
    CAPTURE(key.name);
    if (key.use == KeyUse::kHonoured)
      CHECK(help.find(" " + std::string(key.name)) != std::string::npos);
  }
  CHECK(help.find(" learning_rate*") != std::string::npos);
}

}  // namespace
}  // namespace hone
