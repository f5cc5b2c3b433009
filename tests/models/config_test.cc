// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/config.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "data/file.h"
#include "models/presets.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

const std::string kMoe = "tests/goldens/models/qwen3_5_moe/config.json";

ModelConfig parse(const Json& j) {
  return parse_model_config(parse_json(j.dump(), {"config.json"}));
}
Json golden() { return Json::parse(read_file(kMoe, ErrorCode::kModel)); }

TEST_CASE("config: a MoE text config and the text part of a vision-language config") {
  const ModelConfig c = load_model_config(kMoe);
  CHECK(c.num_layers() == 4);
  CHECK(c.layers[3] == LayerType::full_attention);
  CHECK(c.rotary.dims == 4);
  CHECK(c.moe.experts == 8);
  CHECK(c.name_infix.empty());
  const ModelConfig vl =
      load_model_config("tests/goldens/models/qwen3_5_moe_vl_sharded/config.json");
  CHECK(vl.name_infix == "language_model.");
  CHECK(vl.architecture == "Qwen3_5MoeForConditionalGeneration");
}

TEST_CASE("config: defaults and precedence of rope_parameters") {
  Json j = golden();
  j["partial_rotary_factor"] = 0.5;  // beside: loses
  CHECK(parse(j).rotary.dims == 4);
  j["rope_parameters"].erase("partial_rotary_factor");
  CHECK(parse(j).rotary.dims == 8);
  j.erase("partial_rotary_factor");
  CHECK(parse(j).rotary.dims == 4);
  j.erase("layer_types");
  j["full_attention_interval"] = 2;
  CHECK(parse(j).layers[1] == LayerType::full_attention);
  CHECK(parse(j).layers[2] == LayerType::linear_attention);
}

TEST_CASE("config: presets survive the way through config.json") {
  for (const std::string& name : preset_names()) {
    const ModelConfig a = preset_config(name);
    const ModelConfig b =
        parse_model_config(parse_json(to_config_json(a, "bfloat16"), {"config.json"}));
    CAPTURE(name);
    CHECK(to_config_json(b, "bfloat16") == to_config_json(a, "bfloat16"));
  }
  CHECK(error_of(ErrorCode::kUsage, [] { preset_config("quickstrat"); }).find("quickstart") !=
        std::string::npos);
}

TEST_CASE("config: impossible values are refused with the key's path") {
  const auto message = [](const char* key, const Json& value) {
    Json j = golden();
    j[key] = value;
    return error_of(ErrorCode::kModel, [&] { parse(j); });
  };
  for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{
           {"hidden_size", 0},
           {"hidden_size", -3},
           {"hidden_size", 1000000000},
           {"hidden_size", 32.5},
           {"num_attention_heads", 3},
           {"num_experts_per_tok", 9},
           {"num_hidden_layers", 5},
           {"rms_norm_eps", 0},
           {"linear_num_value_heads", 3},
           {"hidden_act", "gelu"},
           {"vocab_size", "many"},
           {"layer_types", Json::array({"full_attention", "x", "y", "z"})}}) {
    const std::string m = message(key, value);
    CAPTURE(m);
    const bool layers = std::string(key) == "num_hidden_layers";
    CHECK(m.find(layers ? "layer_types" : key) != std::string::npos);
    CHECK(m.find("config.json") != std::string::npos);
    CHECK(m.find("expected") != std::string::npos);
  }
  const std::string unknown = message("architectures", Json::array({"FalconForCausalLM"}));
  CHECK(unknown.find("Qwen3_5MoeForCausalLM") != std::string::npos);
}

}  // namespace
}  // namespace hone
