// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/text_settings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "data/conversation.h"
#include "data/file.h"
#include "data/file_calls.h"
#include "data/printable.h"
#include "data/special_token_names.h"
#include "tensor/check.h"
#include "train/chat_writer.h"
#include "train/model_options.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTemplateFile = "chat_template.jinja";
constexpr const char* kTokenizerConfig = "tokenizer_config.json";
constexpr const char* kTokensMap = "special_tokens_map.json";
constexpr const char* kGenerationConfig = "generation_config.json";
// Copied as they are.
constexpr std::array kTokenizerFiles = {"tokenizer.json", "added_tokens.json", "vocab.json",
                                        "merges.txt"};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// An earlier run in the same folder may have left a file that this one does not have.
void remove_file(const fs::path& path) {
  if (is_file(path) && file_calls::unlink(path.string()) != 0)
    fail(ErrorCode::kDisk, printable(path.string(), 4096),
         ": cannot be removed: ", std::strerror(errno));
}

// Byte for byte; where there is nothing to copy, nothing is left.
void take_file(const fs::path& from, const fs::path& to) {
  if (is_file(from))
    write_file(to.string(), read_file(from.string(), ErrorCode::kModel));
  else
    remove_file(to);
}

// Of all datasets, or the run's where they differ.
ChatTemplateChoice common_choice(const TrainConfig& config) {
  const ChatTemplateChoice first = template_choice(config, config.datasets.front());
  const bool same = std::all_of(
      config.datasets.begin(), config.datasets.end(), [&](const DatasetConfig& dataset) {
        const ChatTemplateChoice choice = template_choice(config, dataset);
        return choice.name == first.name && choice.jinja == first.jinja;
      });
  return same ? first : template_choice(config, DatasetConfig());
}

bool has_conversations(const TrainingData& data) {
  const std::vector<RowCounts> files = data.train.files();
  return std::any_of(files.begin(), files.end(),
                     [](const RowCounts& file) { return file.conversations > 0; });
}

// A text, or {"content": text, ...}, which keeps its other members.
void set_token(Json& config, const std::string& name, const std::string& text) {
  const auto found = config.find(name);
  if (found != config.end() && found->is_object())
    (*found)["content"] = text;
  else
    config[name] = text;
}

void set_tokens(Json& config, const TextSettings& settings) {
  for (const auto& [name, text] : settings.special_tokens) set_token(config, name, text);
  if (settings.additional_special_tokens.empty()) return;
  Json& list = config[std::string(kAdditionalSpecialTokens)];
  if (!list.is_array()) list = Json::array();
  for (const std::string& text : settings.additional_special_tokens) {
    const bool known = std::any_of(list.begin(), list.end(), [&](const Json& token) {
      return token == text || (token.is_object() && token.value("content", "") == text);
    });
    if (!known) list.push_back(text);
  }
}

Json read_object(const fs::path& path) {
  if (!is_file(path)) return Json::object();
  const JsonValue value = load_json(path.string());
  if (!value.is_object()) value.reject("an object");
  return value.raw();
}

void write_object(const fs::path& path, const Json& object) {
  write_file(path.string(), object.dump(2) + "\n");
}

}  // namespace

bool TextSettings::changes_nothing(const std::vector<int64_t>& present) const {
  return chat_template.empty() && special_tokens.empty() && additional_special_tokens.empty() &&
         std::all_of(stop_tokens.begin(), stop_tokens.end(), [&](int64_t token) {
           return std::find(present.begin(), present.end(), token) != present.end();
         });
}

TextSettings text_settings(const TrainConfig& config, const Tokenizer& tokenizer,
                           const TrainingData& data) {
  const std::string dir = tokenizer_dir(config);
  TextSettings settings;
  const std::map<std::string, std::string> own = load_special_tokens(dir);
  for (const auto& [name, text] : config.special_tokens.texts)
    if (const auto found = own.find(name); found == own.end() || found->second != text)
      settings.special_tokens[name] = text;
  for (const std::string& text : config.special_tokens.additional)
    if (!tokenizer.is_special(tokenizer.token_to_id(text).value()))
      settings.additional_special_tokens.push_back(text);

  const auto stop_at = [&](const std::string& text) {
    const std::optional<int32_t> id = tokenizer.token_to_id(text);
    auto& stops = settings.stop_tokens;
    if (id && std::find(stops.begin(), stops.end(), *id) == stops.end()) stops.push_back(*id);
  };
  if (const auto eos = settings.special_tokens.find("eos_token");
      eos != settings.special_tokens.end())
    stop_at(eos->second);
  if (!has_conversations(data)) return settings;
  const ChatTemplateChoice choice = common_choice(config);
  const std::string used = chat_template_text(choice, dir);
  if (used != model_chat_template(dir)) settings.chat_template = used;
  Conversation asked;
  asked.messages.push_back(chat_message("user", "x"));
  asked.where = "a conversation of one message";
  stop_at(load_chat_template(choice, dir, tokenizer).answer_end(asked));
  return settings;
}

void write_tokenizer_files(const fs::path& to, const fs::path& tokenizer_dir,
                           const TextSettings& settings) {
  for (const char* name : kTokenizerFiles) take_file(tokenizer_dir / name, to / name);
  const bool tokens =
      !settings.special_tokens.empty() || !settings.additional_special_tokens.empty();
  Json config = read_object(tokenizer_dir / kTokenizerConfig);
  if (settings.chat_template.empty()) {
    take_file(tokenizer_dir / kTemplateFile, to / kTemplateFile);
  } else {
    write_file((to / kTemplateFile).string(), settings.chat_template);
  }
  if (tokens || (!settings.chat_template.empty() && config.contains("chat_template"))) {
    if (!settings.chat_template.empty()) config.erase("chat_template");
    set_tokens(config, settings);
    write_object(to / kTokenizerConfig, config);
  } else {
    take_file(tokenizer_dir / kTokenizerConfig, to / kTokenizerConfig);
  }
  if (tokens && is_file(tokenizer_dir / kTokensMap)) {
    Json map = read_object(tokenizer_dir / kTokensMap);
    set_tokens(map, settings);
    write_object(to / kTokensMap, map);
  } else {
    take_file(tokenizer_dir / kTokensMap, to / kTokensMap);
  }
}

void remove_text_files(const fs::path& from) {
  for (const char* name : kTokenizerFiles) remove_file(from / name);
  for (const char* name : {kTemplateFile, kTokenizerConfig, kTokensMap, kGenerationConfig})
    remove_file(from / name);
}

void write_generation_config(const fs::path& to, const fs::path& base_dir,
                             const TextSettings& settings, const std::vector<int64_t>& present) {
  const fs::path from = base_dir.empty() ? fs::path() : base_dir / kGenerationConfig;
  std::vector<int64_t> stops = present;
  for (const int64_t token : settings.stop_tokens)
    if (std::find(present.begin(), present.end(), token) == present.end()) stops.push_back(token);
  if (stops.size() == present.size()) return take_file(from, to / kGenerationConfig);
  Json config = read_object(from);
  config["eos_token_id"] = stops.size() == 1 ? Json(stops[0]) : Json(stops);
  write_object(to / kGenerationConfig, config);
}

}  // namespace hone
