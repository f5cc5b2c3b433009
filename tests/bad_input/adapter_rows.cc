// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// PEFT adapters: adapter_config.json and adapter_model.safetensors. Variants:
// tests/models/peft_test.cc.
#include <limits>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/safetensors.h"
#include "data/safetensors_writer.h"
#include "models/load_model.h"
#include "tests/bad_input/bad_input.h"
#include "tests/support/goldens.h"

namespace hone::bad_input {
namespace {

const std::string kModelDirectory = test::golden_model("qwen3_5_moe");
const std::string kAdapter = kModelDirectory + "/adapter";

LoadedModel load_with_adapter(const std::string& adapter) {
  LoadOptions options;
  options.model = kModelDirectory;
  options.adapter = adapter;
  return load_model(options);
}

void copy_weights(const std::string& dir) {
  write_file(dir + "/adapter_model.safetensors",
             read_file(kAdapter + "/adapter_model.safetensors", ErrorCode::kModel));
}

// A good adapter with values of its adapter_config.json replaced.
Row with(const char* id, const char* what, const Json& changes, const char* message,
         int exit_code = kModel) {
  return {id, what, exit_code, message, [changes](const std::string& dir) {
            Json json =
                Json::parse(read_file(kAdapter + "/adapter_config.json", ErrorCode::kModel));
            json.update(changes);
            write_file(dir + "/adapter_config.json", json.dump(2));
            copy_weights(dir);
            load_with_adapter(dir);
          }};
}

// An adapter with values that are not numbers loads, and the model's note counts them.
void load_with_nan(const std::string& dir) {
  write_file(dir + "/adapter_config.json",
             read_file(kAdapter + "/adapter_config.json", ErrorCode::kModel));
  const auto file = SafetensorsFile::open(kAdapter + "/adapter_model.safetensors");
  std::vector<Tensor> values;
  std::vector<NamedBytes> named;
  for (const auto& [name, info] : file.tensors()) values.push_back(load_tensor(file, name));
  values.front().data<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  values.back().data<float>()[0] = std::numeric_limits<float>::infinity();
  size_t i = 0;
  for (const auto& [name, info] : file.tensors()) named.push_back(named_bytes(name, values[i++]));
  write_safetensors(dir + "/adapter_model.safetensors", named);
  fail(ErrorCode::kModel, "note: ", load_with_adapter(dir).note);  // to compare it as a message
}

}  // namespace

Rows adapter_rows() {
  return {
      with("A1", "a rank that the matrices do not have", {{"r", 5}},
           "DIR/adapter_model.safetensors: tensor "
           "base_model.model.model.layers.0.linear_attn.in_proj_qkv.lora_A.weight is [4, 32], "
           "expected [5, 32]"),
      with("A1b", "rank 0", {{"r", 0}},
           "DIR/adapter_config.json: $.r: expected an integer in [1, 65536], found 0"),
      with(
          "A2", "a target that the model lacks", {{"target_modules", {"q_proj", "query"}}},
          "DIR/adapter_config.json: LoRA target \"query\" matches no module or parameter of this "
          "model; there are down_proj, gate_proj, gate_up_proj, in_proj_a, in_proj_b, in_proj_qkv, "
          "in_proj_z, k_proj, o_proj, out_proj, q_proj, shared_expert_gate, up_proj, v_proj"),
      with("A2b", "matrices that nothing asks for", {{"target_modules", {"q_proj"}}},
           "DIR/adapter_model.safetensors: tensor "
           "base_model.model.model.layers.0.linear_attn.in_proj_a.lora_A.weight matches no module "
           "of this model; the adapter belongs to another one, or adapter_config.json does not "
           "target it"),
      {"A3", "legal: values that are not numbers, counted", kModel,
       "note: DIR/adapter_model.safetensors: 2 values are NaN or infinite; a run that starts from "
       "them gives the same",
       load_with_nan},
      with("A4", "DoRA on parameters", {{"use_dora", true}},
           "DIR/adapter_config.json: use_dora does not go with target_parameters (DoRA is for "
           "linear "
           "layers): remove one of the two"),
      with("A5", "another method than LoRA", {{"peft_type", "IA3"}},
           "DIR/adapter_config.json: $.peft_type: expected \"LORA\", found \"IA3\""),
      with("A6", "dropout 1.5", {{"lora_dropout", 1.5}},
           "DIR/adapter_config.json: $.lora_dropout: expected a probability from 0 to below 1, "
           "found 1.5"),
      with("A7", "a pattern that does not compile", {{"target_modules", "(q_proj"}},
           "DIR/adapter_config.json: lora target_modules: the regular expression \"(q_proj\" does "
           "not compile: missing closing parenthesis at offset 7"),
      with("A8", "a module trained as a whole whose values are missing",
           {{"modules_to_save", {"lm_head"}}},
           "DIR/adapter_model.safetensors: no values of lm_head.weight, whose module "
           "adapter_config.json has among its modules_to_save"),
  };
}

}  // namespace hone::bad_input
