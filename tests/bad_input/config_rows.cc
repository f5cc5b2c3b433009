// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// config.json. Variants: tests/models/config_test.cc.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "models/load_model.h"
#include "tests/bad_input/bad_input.h"

namespace hone::bad_input {
namespace {

const std::string kModelDirectory = "tests/goldens/models/qwen3_5_moe";

std::string golden_config() {
  return read_file(kModelDirectory + "/config.json", ErrorCode::kModel);
}

// The config.json of a good model with one value replaced.
Row with(const char* id, const char* what, const char* key, const Json& value,
         const char* message) {
  return {id, what, kModel, message, [key, value](const std::string& dir) {
            Json json = Json::parse(golden_config());
            json[key] = value;
            write_file(dir + "/config.json", json.dump(2));
            load_model_config(dir);
          }};
}

// The same with one piece of its text replaced.
Row with_text(const char* id, const char* what, const std::string& from, const std::string& to,
              const char* message) {
  return {id, what, kModel, message, [from, to](const std::string& dir) {
            std::string text = golden_config();
            check(text.find(from) != std::string::npos, from);
            write_file(dir + "/config.json", text.replace(text.find(from), from.size(), to));
            load_model_config(dir);
          }};
}

// A model directory whose vocab_size is `size`, and that is to be trained.
Row with_vocabulary(const char* id, const char* what, int64_t size, const char* message) {
  return {id, what, kModel, message, [size](const std::string& dir) {
            Json json = Json::parse(golden_config());
            json["vocab_size"] = size;
            write_file(dir + "/config.json", json.dump(2));
            std::filesystem::copy_file(kModelDirectory + "/model.safetensors",
                                       dir + "/model.safetensors");
            LoadOptions options;
            options.model = dir;
            options.train_base = true;
            load_model(options);
          }};
}

}  // namespace

Rows config_rows() {
  const Json types = {"full_attention", "sliding_attention", "full_attention", "full_attention"};
  return {
      with("32", "hidden_size 0", "hidden_size", 0,
           "DIR/config.json: $.hidden_size: expected an integer in [1, 1048576], found 0"),
      with("32b", "hidden_size below 0", "hidden_size", -3,
           "DIR/config.json: $.hidden_size: expected an integer in [1, 1048576], found -3"),
      with("32c", "hidden_size 10^9", "hidden_size", 1'000'000'000,
           "DIR/config.json: $.hidden_size: expected an integer in [1, 1048576], found 1000000000"),
      with("33", "heads that key and value heads do not divide", "num_attention_heads", 3,
           "DIR/config.json: $.num_attention_heads: expected a multiple of num_key_value_heads = "
           "2, found 3"),
      with("34", "more experts per token than experts", "num_experts_per_tok", 9,
           "DIR/config.json: $.num_experts_per_tok: expected at most num_experts = 8, found 9"),
      with("35", "more layers than layer_types", "num_hidden_layers", 5,
           "DIR/config.json: $.layer_types: expected 5 entries, one per hidden layer, found an "
           "array of 4"),
      with("35b", "an unknown layer type", "layer_types", types,
           "DIR/config.json: $.layer_types[1]: expected \"linear_attention\" or "
           "\"full_attention\", found \"sliding_attention\""),
      with_vocabulary("36", "a vocab_size that the embedding does not have", 97,
                      "DIR/model.safetensors: tensor model.embed_tokens.weight is [96, 32], but "
                      "config.json says [97, 32] for model.embed_tokens.weight"),
      with_vocabulary("36b", "a vocab_size of 2^24 and an embedding of 96", 1 << 24,
                      "DIR/model.safetensors: tensor model.embed_tokens.weight is [96, 32], but "
                      "config.json says [16777216, 32] for model.embed_tokens.weight"),
      with("37", "an unknown architecture", "architectures", Json::array({"FalconForCausalLM"}),
           "DIR/config.json: $.architectures[0]: expected one of the supported architectures "
           "Gemma3ForCausalLM, Gemma3ForConditionalGeneration, LlamaForCausalLM, "
           "MixtralForCausalLM, NemotronForCausalLM, OlmoeForCausalLM, Qwen3ForCausalLM, "
           "Qwen3MoeForCausalLM, Qwen3_5ForCausalLM, Qwen3_5ForConditionalGeneration, "
           "Qwen3_5MoeForCausalLM, Qwen3_5MoeForConditionalGeneration"
           ", found \"FalconForCausalLM\""),
      with("38", "a dtype that does not exist", "dtype", "bfloat61",
           "DIR/config.json: $.dtype: expected float32, bfloat16, float16 or float64, found "
           "\"bfloat61\""),
      with_text("38b", "rope_theta NaN", "10000000.0", "NaN",
                "DIR/config.json:45:19: invalid JSON: syntax error while parsing value - invalid "
                "literal; last read: '\"rope_theta\": N'"),
      with("38c", "rms_norm_eps 0", "rms_norm_eps", 0,
           "DIR/config.json: $.rms_norm_eps: expected a positive number, found 0"),
      with("38d", "weights that are quantised already", "quantization_config",
           Json{{"quant_method", "bitsandbytes"}},
           "DIR/config.json: $.quantization_config: expected none: hone reads weights that are not "
           "quantised yet, and quantises them itself (load_in_4bit); take the model that this one "
           "was made from, found an object"),
  };
}

}  // namespace hone::bad_input
