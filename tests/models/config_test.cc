// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/config.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <tuple>

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

TEST_CASE("config: every family's file survives being written") {
  for (const char* model :
       {"llama", "qwen3", "qwen3_moe", "mixtral", "olmoe", "nemotron", "gemma3_text"}) {
    CAPTURE(std::string(model));
    const ModelConfig a =
        load_model_config("tests/goldens/models/" + std::string(model) + "/config.json");
    const std::string written = to_config_json(a, "float32");
    CHECK(to_config_json(parse_model_config(parse_json(written, {"written"})), "float32") ==
          written);
  }
}

TEST_CASE("config: rotary scaling in new and in old files, and frequencies") {
  Json j = Json::parse(read_file("tests/goldens/models/llama/config.json", ErrorCode::kModel));
  const std::vector<double> scaled = inverse_frequencies(parse(j).rotary);
  j["rope_scaling"] = j["rope_parameters"];
  j["rope_theta"] = 10000.0;
  j.erase("rope_parameters");
  CHECK(inverse_frequencies(parse(j).rotary) == scaled);
  // Of 10000^(-j/4): a wavelength below 32 / 4 tokens stays, above 32 is eight times as long.
  CHECK(scaled[0] == 1);
  CHECK(scaled[1] == doctest::Approx(0.1 / 8));
  RotaryConfig blend{.theta = 10000, .dims = 8};
  blend.scaling = {RopeScaling::Kind::llama3, 8, 1, 4, 128};
  // wavelength 62.8 lies between 32 and 128: kept = (128 / 62.83 - 1) / 3
  CHECK(inverse_frequencies(blend)[1] == doctest::Approx(0.1 * (0.34573 + 0.65427 / 8)));
  j["rope_scaling"]["rope_type"] = "yarn";
  CHECK(error_of(ErrorCode::kModel, [&] { parse(j); }).find("\"llama3\"") != std::string::npos);
}

TEST_CASE("config: Gemma 3 in published form, text and vision-language") {
  const Json text{{"model_type", "gemma3_text"},
                  {"hidden_size", 2560},
                  {"intermediate_size", 10240},
                  {"num_hidden_layers", 34},
                  {"rope_scaling", {{"factor", 8.0}, {"rope_type", "linear"}}},
                  {"sliding_window", 1024}};
  const ModelConfig c = parse({{"architectures", {"Gemma3ForConditionalGeneration"}},
                               {"model_type", "gemma3"},
                               {"text_config", text}});
  CHECK(c.name_infix == "language_model.");
  CHECK(c.vocab_size == 262208);
  CHECK(c.heads == 8);
  CHECK(c.layers[4] == LayerType::sliding_attention);
  CHECK(c.layers[5] == LayerType::full_attention);
  CHECK(c.rotary.scaling.factor == 8);
  CHECK(c.sliding_rotary->scaling.kind == RopeScaling::Kind::none);
  CHECK(c.sliding_rotary->theta == 10000);
  CHECK(c.tie_word_embeddings);
}

TEST_CASE("config: what a family has and hone has not is refused, not ignored") {
  const auto message = [](const char* model, const char* key, const Json& value) {
    Json j = Json::parse(read_file("tests/goldens/models/" + std::string(model) + "/config.json",
                                   ErrorCode::kModel));
    j[key] = value;
    return error_of(ErrorCode::kModel, [&] { parse(j); });
  };
  for (const auto& [model, key, value] : std::vector<std::tuple<const char*, const char*, Json>>{
           {"olmoe", "clip_qkv", 8.0},
           {"mixtral", "router_jitter_noise", 0.1},
           {"qwen3_moe", "mlp_only_layers", Json::array({0})},
           {"qwen3_moe", "decoder_sparse_step", 2},
           {"gemma3_text", "final_logit_softcapping", 30.0},
           {"gemma3_text", "use_bidirectional_attention", true},
           {"nemotron", "hidden_act", "silu"}}) {
    CAPTURE(std::string(key));
    CHECK(message(model, key, value).find(key) != std::string::npos);
  }
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

TEST_CASE("config: a folder's config.json is a preset too") {
  const std::string folder = "tests/goldens/models/qwen3_5_moe";
  CHECK(to_config_json(preset_config(folder), "bfloat16") ==
        to_config_json(load_model_config(folder), "bfloat16"));
  const std::string error = error_of(ErrorCode::kModel, [] { preset_config("no/such"); });
  CHECK(error.find("no/such") != std::string::npos);
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
