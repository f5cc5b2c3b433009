// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/config.h"

#include <sys/stat.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "models/registry.h"

namespace hone {
namespace {

bool is_directory(const std::string& path) {
  struct stat s;
  return stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

std::string supported_architectures() {
  std::string list;
  for (const ModelFamily& f : model_families())
    list += (list.empty() ? "" : ", ") + std::string(f.architecture);
  return list;
}

// What stands before "For" in a class name.
std::string_view stem(std::string_view class_name) {
  return class_name.substr(0, class_name.find("For"));
}

// A class with a head of labels: its family, and the head. Where a family has a text config and one
// with a vision tower, config.json's model_type says which: their classes may have one name.
const ModelFamily* find_labelled(const JsonValue& json, std::string_view name, HeadConfig& head) {
  const std::string type = json.get_string_or("model_type", "");
  const ModelFamily* found = nullptr;
  for (const ModelFamily& f : model_families())
    if (name == f.sequence_class || name == f.token_class)
      if (found == nullptr || f.model_type == type) found = &f;
  if (found == nullptr) return nullptr;
  head.kind =
      name == found->token_class ? nn::HeadKind::token_labels : nn::HeadKind::sequence_labels;
  for (const ModelFamily& f : model_families())
    if (f.model_type == type && stem(f.architecture) == stem(found->architecture)) return &f;
  return found;
}

const ModelFamily& find_family(const JsonValue& json, HeadConfig& head) {
  const auto architectures = json.find("architectures");
  if (architectures && architectures->size() > 0) {
    const std::string name = architectures->at(0).as_string();
    for (const ModelFamily& f : model_families())
      if (f.architecture == name) return f;
    if (const ModelFamily* f = find_labelled(json, name, head)) return *f;
    architectures->at(0).reject("one of the supported architectures " + supported_architectures());
  }
  const JsonValue type = json.at("model_type");
  for (const ModelFamily& f : model_families())
    if (f.model_type == type.as_string()) return f;
  type.reject("the model_type of a supported architecture (" + supported_architectures() + ")");
}

// The types of the weights are in their files; a name that is none speaks of a damaged config.json.
void check_dtype(const JsonValue& json) {
  for (const char* key : {"dtype", "torch_dtype"})
    if (const auto dtype = json.find(key)) {
      const std::string name = dtype->as_string();
      if (name != "float32" && name != "bfloat16" && name != "float16" && name != "float64")
        dtype->reject("float32, bfloat16, float16 or float64");
    }
}

// Their weights are stored in other forms under other names.
void refuse_quantised(const JsonValue& json) {
  if (const auto quantised = json.find("quantization_config"))
    quantised->reject(
        "none: hone reads weights that are not quantised yet, and quantises them "
        "itself (load_in_4bit); take the model that this one was made from");
}

void read_head(const JsonValue& json, HeadConfig& head) {
  constexpr IntRange kLabels{1, 1 << 20};
  const auto text = json.find("text_config");
  head.pad_token_id = (text ? *text : json).get_int_or("pad_token_id", -1, {-1, 1 << 30});
  if (!head.has_labels()) return;
  if (const auto names = json.find("id2label")) head.labels = static_cast<int64_t>(names->size());
  head.labels = json.get_int_or("num_labels", head.labels, kLabels);
  if (head.kind != nn::HeadKind::token_labels) return;
  head.dropout = kTokenLabelDropout;
  for (const char* key : {"hidden_dropout", "classifier_dropout"})
    if (const auto dropout = json.find(key)) {
      head.dropout = dropout->as_double();
      if (!(head.dropout >= 0 && head.dropout < 1))
        dropout->reject("a probability from 0 to below 1");
    }
}

}  // namespace

ModelConfig load_model_config(const std::string& path) {
  return parse_model_config(load_json(is_directory(path) ? path + "/config.json" : path));
}

ModelConfig parse_model_config(const JsonValue& json) {
  ModelConfig config;
  const ModelFamily& family = find_family(json, config.head);
  config.architecture = family.architecture;
  check_dtype(json);
  refuse_quantised(json);
  family.read_config(json, config);
  read_head(json, config.head);
  return config;
}

std::string to_config_json(const ModelConfig& c, const std::string& dtype) {
  for (const ModelFamily& f : model_families())
    if (f.architecture == c.architecture) {
      check(f.write_config != nullptr, "to_config_json: ", c.architecture,
            " is the text part of another model's config.json");
      Json j;
      write_head(c, j);
      j["model_type"] = c.model_type;
      j["dtype"] = dtype;
      f.write_config(c, j);
      return j.dump(2) + "\n";
    }
  fail(ErrorCode::kInternal, "to_config_json: no family is called ", c.architecture);
}

std::string_view name_of(LayerType type) {
  switch (type) {
    case LayerType::linear_attention:
      return "linear_attention";
    case LayerType::sliding_attention:
      return "sliding_attention";
    case LayerType::full_attention:
      break;
  }
  return "full_attention";
}

namespace {

// One frequency, in radians a token.
float llama3_frequency(float f, const RopeScaling& s) {
  const auto factor = static_cast<float>(s.factor),
             low = static_cast<float>(s.low_frequency_factor),
             high = static_cast<float>(s.high_frequency_factor),
             original = static_cast<float>(s.original_positions);
  const float wavelength = static_cast<float>(2 * std::numbers::pi) / f;
  if (wavelength < original / high) return f;
  if (wavelength > original / low) return f / factor;
  const float kept = (original / wavelength - low) / (high - low);
  return (1 - kept) * (f / factor) + kept * f;
}

}  // namespace

std::vector<double> inverse_frequencies(const RotaryConfig& rotary) {
  std::vector<double> frequencies;
  for (int64_t j = 0; j < rotary.dims / 2; ++j) {
    const float exponent = static_cast<float>(2 * j) / static_cast<float>(rotary.dims);
    float f = 1.0f / std::pow(static_cast<float>(rotary.theta), exponent);
    if (rotary.scaling.kind == RopeScaling::Kind::linear)
      f /= static_cast<float>(rotary.scaling.factor);
    if (rotary.scaling.kind == RopeScaling::Kind::llama3) f = llama3_frequency(f, rotary.scaling);
    frequencies.push_back(f);
  }
  return frequencies;
}

}  // namespace hone
