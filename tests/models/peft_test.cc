// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/peft.h"

#include <doctest/doctest.h>

#include "data/file.h"
#include "models/load_model.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"

namespace hone {
namespace {

const std::string kMoe = test::golden_model("qwen3_5_moe");

LoadedModel with_adapter(const std::string& adapter) {
  LoadOptions o;
  o.model = kMoe;
  o.adapter = adapter;
  return load_model(o);
}

TEST_CASE("peft: an adapter read in either orientation is written back bit for bit") {
  for (const char* adapter : {"/adapter", "/adapter_old_orientation"}) {
    const LoadedModel m = with_adapter(kMoe + adapter);
    const TemporaryDirectory dir;
    write_adapter(dir.path(), *m.lora, *m.arena, m.config);
    const auto want = SafetensorsFile::open(kMoe + "/adapter/adapter_model.safetensors");
    const auto got = SafetensorsFile::open(dir / "adapter_model.safetensors");
    CHECK(got.tensors().size() == want.tensors().size());
    for (const auto& [name, info] : want.tensors()) {
      CAPTURE(name);
      REQUIRE(got.contains(name));
      CHECK(test::same_bits(load_tensor(got, name), load_tensor(want, name)));
    }
    const LoraConfig again = load_lora_config(dir.path());
    CHECK(again.target_parameters == m.lora->target_parameters);
    CHECK(again.target_modules == m.lora->target_modules);
    CHECK(again.alpha == 8);
  }
}

TEST_CASE("peft: without a version, shapes and the sibling decide the orientation") {
  const std::string old =
      read_file(kMoe + "/adapter_old_orientation/adapter_config.json", ErrorCode::kModel);
  for (const char* adapter : {"/adapter", "/adapter_old_orientation"}) {
    const TemporaryDirectory dir;
    std::string config = old;
    config.replace(config.find("\"peft_version\": \"0.18.1\""), 24, "\"peft_version\": null");
    write_file(dir / "adapter_config.json", config);
    write_file(dir / "adapter_model.safetensors",
               read_file(kMoe + adapter + "/adapter_model.safetensors", ErrorCode::kModel));
    const LoadedModel m = with_adapter(dir.path());
    const LoadedModel reference = with_adapter(kMoe + "/adapter");
    CHECK(test::same_bits(m.arena->master(), reference.arena->master()));
  }
}

TEST_CASE("lora targets: PEFT's rules for names, patterns and scale") {
  LoraConfig c;
  c.r = 4;
  c.alpha = 8;
  c.target_modules = {"q_proj", "layers.1.mlp.down_proj"};
  c.target_parameters = {"mlp.experts.gate_up_proj"};
  c.rank_pattern = {{"layers\\.2\\.self_attn\\.q_proj", 16}};
  c.alpha_pattern = {{".*\\.gate_up_proj", 3}};
  const LoraTargets t(c);
  CHECK(t.for_module("model.layers.0.self_attn.q_proj")->rank == 4);
  CHECK(t.for_module("model.layers.0.self_attn.q_proj")->scale == 2);
  CHECK(t.for_module("model.layers.2.self_attn.q_proj")->rank == 16);
  CHECK(t.for_module("model.layers.2.self_attn.q_proj")->scale == 0.5);
  CHECK_FALSE(t.for_module("model.layers.0.self_attn.kq_proj"));
  CHECK(t.for_module("model.layers.1.mlp.down_proj"));
  CHECK_FALSE(t.for_module("model.layers.11.mlp.down_proj"));
  CHECK(t.for_parameter("model.layers.0.mlp.experts.gate_up_proj")->scale == 0.75);
  CHECK_FALSE(t.for_parameter("model.layers.0.mlp.experts.down_proj"));

  c.rslora = true;
  CHECK(LoraTargets(c).for_module("q_proj")->scale == 4);
  CHECK(LoraTargets(c).for_module("model.layers.2.self_attn.q_proj")->scale == 2);  // 8 / sqrt(16)
  c.target_modules_regex = "model\\.layers\\.\\d+\\.self_attn\\.[qv]_proj";
  c.target_modules.clear();
  CHECK(LoraTargets(c).for_module("model.layers.7.self_attn.v_proj"));
  CHECK_FALSE(LoraTargets(c).for_module("xmodel.layers.7.self_attn.v_proj"));
  c.dropout = 0.1;
  CHECK(error_of(ErrorCode::kUsage, [&] { LoraTargets{c}; }).find("dropout must be 0") !=
        std::string::npos);
}

TEST_CASE("peft: what write_adapter writes is read back field for field") {
  LoraConfig names = {.r = 3,
                      .alpha = 6.5,
                      .dropout = 0.25,
                      .rslora = true,
                      .target_modules = {"v_proj", "q_proj", "o_proj"},
                      .exclude_modules = {"layers.9.self_attn.q_proj"},
                      .rank_pattern = {{"o_proj", 5}, {"q_proj", 2}},
                      .alpha_pattern = {{"self_attn.v_proj", 1.5}}};
  names.base_model = "some/model";
  LoraConfig pattern = names, all = names, stacks = names;
  pattern.target_modules_regex = ".*self_attn\\.[qvo]_proj";
  all.all_linear = true;
  for (LoraConfig* c : {&pattern, &all}) c->target_modules.clear();
  stacks.dropout = 0;
  stacks.rslora = false;
  stacks.target_parameters = {"mlp.experts.down_proj"};
  for (const LoraConfig& c : {names, pattern, all, stacks}) {
    CAPTURE(c.target_modules_regex);
    CAPTURE(c.all_linear);
    LoadOptions o;
    o.model = kMoe;
    o.lora = c;
    const LoadedModel m = load_model(o);
    const TemporaryDirectory dir;
    write_adapter(dir.path(), *m.lora, *m.arena, m.config);
    const LoraConfig again = load_lora_config(dir.path());
    CHECK(again.r == c.r);
    CHECK(again.alpha == c.alpha);
    CHECK(again.dropout == c.dropout);
    CHECK(again.rslora == c.rslora);
    CHECK(again.target_modules == c.target_modules);
    CHECK(again.target_modules_regex == c.target_modules_regex);
    CHECK(again.all_linear == c.all_linear);
    CHECK(again.target_parameters == c.target_parameters);
    CHECK(again.exclude_modules == c.exclude_modules);
    CHECK(again.rank_pattern == c.rank_pattern);
    CHECK(again.alpha_pattern == c.alpha_pattern);
    CHECK(again.base_model == c.base_model);
    const LoadedModel reloaded = with_adapter(dir.path());
    CHECK(test::same_bits(reloaded.arena->master(), m.arena->master()));
  }
}

TEST_CASE("lora targets: a target that hits nothing is an error that names it") {
  LoadOptions o;
  o.model = kMoe;
  o.lora = LoraConfig{.target_modules = {"q_proj", "qq_proj"}};
  CHECK(error_of(ErrorCode::kUsage, [&] { load_model(o); }).find("\"qq_proj\"") !=
        std::string::npos);
}

TEST_CASE("lora targets: a rank or alpha pattern that hits nothing is an error that names it") {
  LoadOptions o;
  o.model = kMoe;
  o.lora = LoraConfig{.target_modules = {"q_proj"}, .rank_pattern = {{"k_proj", 4}}};
  check_contains(error_of(ErrorCode::kUsage, [&] { load_model(o); }), "rank_pattern \"k_proj\"");
  o.lora = LoraConfig{.target_modules = {"q_proj"}, .alpha_pattern = {{"nope", 4}}};
  check_contains(error_of(ErrorCode::kUsage, [&] { load_model(o); }), "alpha_pattern \"nope\"");
  o.lora = LoraConfig{.target_modules = {"q_proj"}, .rank_pattern = {{"q_proj", 4}}};
  CHECK(load_model(o).arena->slots()[0].shape[0] == 4);
}

TEST_CASE("peft: unsupported or ill-fitting adapters are refused by name") {
  const std::string config = read_file(kMoe + "/adapter/adapter_config.json", ErrorCode::kModel);
  const std::string weights =
      read_file(kMoe + "/adapter/adapter_model.safetensors", ErrorCode::kModel);
  const auto message = [&](const std::string& from, const std::string& to) {
    const TemporaryDirectory dir;
    std::string changed = config;
    REQUIRE(changed.find(from) != std::string::npos);
    changed.replace(changed.find(from), from.size(), to);
    write_file(dir / "adapter_config.json", changed);
    write_file(dir / "adapter_model.safetensors", weights);
    return error_of(ErrorCode::kModel, [&] { with_adapter(dir.path()); });
  };
  CHECK(message("\"lora_bias\": false", "\"lora_bias\": true").find("lora_bias") !=
        std::string::npos);
  CHECK(message("\"r\": 4", "\"r\": 5").find("expected [5, 32]") != std::string::npos);
  CHECK(message("\"peft_type\": \"LORA\"", "\"peft_type\": \"IA3\"").find("peft_type") !=
        std::string::npos);
  // Matrices that nothing asks for would silently not be applied.
  CHECK(message("\"q_proj\",", "").find("matches no module") != std::string::npos);
}

}  // namespace
}  // namespace hone
