// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_template_files.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "data/builtin_templates.h"
#include "data/conversation.h"
#include "data/file.h"
#include "data/json.h"
#include "data/printable.h"
#include "data/special_token_names.h"
#include "tensor/check.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

// A template's text and its name in messages.
struct TemplateText {
  std::string text;
  jinja::Source source;
  std::vector<std::string> marks = {};
};

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::string read_template(const std::string& path, ErrorCode code) {
  const std::string text = read_file(path, code);
  if (text.size() > jinja::kMaxTemplateBytes)
    fail(code, printable(path, 4096), ": a template of ", text.size(), " bytes, more than ",
         jinja::kMaxTemplateBytes);
  return text;
}

// One of the named templates in tokenizer_config.json.
TemplateText named_template(const JsonValue& list) {
  std::optional<TemplateText> chosen;
  for (const JsonValue& entry : list.elements()) {
    const std::string name = entry.get_string("name");
    const bool is_default = name == "default";
    if (!is_default && !(name == "tool_use" && !chosen)) continue;
    chosen = {entry.get_string("template"), {entry.where(), ErrorCode::kModel}};
    if (is_default) break;
  }
  if (!chosen) list.reject("a template named \"default\" or \"tool_use\"");
  return *chosen;
}

std::optional<TemplateText> model_template(const fs::path& dir) {
  if (const fs::path file = dir / "chat_template.jinja"; is_file(file))
    return TemplateText{read_template(file.string(), ErrorCode::kModel),
                        {file.string(), ErrorCode::kModel}};
  const fs::path config = dir / "tokenizer_config.json";
  if (!is_file(config)) return std::nullopt;
  const auto value = load_json(config.string()).find("chat_template");
  if (!value) return std::nullopt;
  if (value->is_string())
    return TemplateText{value->as_string(), {value->where(), ErrorCode::kModel}};
  if (!value->is_array()) value->reject("a template, or a list of named templates");
  return named_template(*value);
}

TemplateText builtin(std::string_view name) {
  const auto text = builtin_chat_template(name);
  if (text)
    return {std::string(*text),
            {"chat_template " + std::string(name), ErrorCode::kInternal},
            builtin_template_marks(name)};
  std::string names;
  for (const std::string_view known : builtin_chat_template_names())
    names += (names.empty() ? "" : ", ") + std::string(known);
  fail(ErrorCode::kUsage, "chat_template: there is no built-in template ", quote(name, 60),
       "; known are tokenizer_default, tokenizer_default_fallback_NAME, jinja, ", names);
}

TemplateText given_template(const std::string& jinja) {
  if (jinja.empty())
    fail(ErrorCode::kUsage,
         "chat_template: jinja needs chat_template_jinja, a template's text or the path of its "
         "file");
  if (is_template_text(jinja)) return {jinja, {"chat_template_jinja", ErrorCode::kUsage}};
  return {read_template(jinja, ErrorCode::kUsage), {jinja, ErrorCode::kUsage}};
}

TemplateText find_template(const ChatTemplateChoice& choice, const std::string& model_dir) {
  constexpr std::string_view kDefault = "tokenizer_default";
  constexpr std::string_view kFallback = "tokenizer_default_fallback_";
  if (choice.name == "jinja") return given_template(choice.jinja);
  const bool has_fallback = choice.name.starts_with(kFallback);
  if (choice.name != kDefault && !has_fallback) return builtin(choice.name);
  if (auto own = model_template(model_dir)) return *own;
  if (has_fallback) return builtin(choice.name.substr(kFallback.size()));
  fail(ErrorCode::kUsage, printable(model_dir, 4096),
       " has no chat template (chat_template.jinja, or \"chat_template\" in "
       "tokenizer_config.json). Set chat_template to a built-in one, such as chatml or qwen3_5, or "
       "to jinja with chat_template_jinja");
}

// {"content": "<s>", ...} or "<s>"; nullopt for null and anything else.
std::optional<std::string> token_text(const JsonValue& value) {
  if (value.is_string()) return value.as_string();
  if (!value.is_object()) return std::nullopt;
  const auto content = value.find("content");
  if (!content || !content->is_string()) return std::nullopt;
  return content->as_string();
}

}  // namespace

bool is_template_text(std::string_view jinja) {
  return jinja.find("{{") != std::string_view::npos || jinja.find("{%") != std::string_view::npos ||
         jinja.find('\n') != std::string_view::npos;
}

std::map<std::string, std::string> load_special_tokens(const std::string& model_dir) {
  std::map<std::string, std::string> tokens;
  for (const char* file : {"special_tokens_map.json", "tokenizer_config.json"}) {
    const fs::path path = fs::path(model_dir) / file;
    if (!is_file(path)) continue;
    const JsonValue config = load_json(path.string());
    for (const std::string_view name : kSpecialTokenNames)
      if (const auto value = config.find(std::string(name)))
        if (auto text = token_text(*value)) tokens[std::string(name)] = std::move(*text);
  }
  return tokens;
}

ChatTemplate load_chat_template(const ChatTemplateChoice& choice, const std::string& model_dir,
                                const Tokenizer& tokenizer) {
  TemplateText found = find_template(choice, model_dir);
  std::map<std::string, std::string> special = load_special_tokens(model_dir);
  for (const auto& [name, text] : choice.special_tokens) special[name] = text;
  ChatTokens tokens;
  for (const auto& [name, text] : special) tokens.variables.emplace_back(name, text);
  if (const auto eos = special.find("eos_token"); eos != special.end())
    tokens.end_marks.push_back(eos->second);
  for (const std::string& token : choice.eot_tokens) {
    if (!tokenizer.token_to_id(token))
      fail(ErrorCode::kUsage, "eot_tokens: the tokenizer has no token ", quote(token, 60),
           "; name one that it has");
    tokens.end_marks.push_back(token);
  }
  tokens.marks = std::move(found.marks);
  tokens.kwargs = choice.kwargs;
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id)
    if (tokenizer.is_special(id)) tokens.special.push_back(tokenizer.id_to_token(id));
  tokens.special.insert(tokens.special.end(), choice.additional_special_tokens.begin(),
                        choice.additional_special_tokens.end());
  return ChatTemplate(found.text, std::move(found.source), std::move(tokens), choice.now);
}

std::string chat_template_text(const ChatTemplateChoice& choice, const std::string& model_dir) {
  return find_template(choice, model_dir).text;
}

std::optional<std::string> model_chat_template(const std::string& model_dir) {
  if (auto own = model_template(model_dir)) return std::move(own->text);
  return std::nullopt;
}

void check_template_marks(const ChatTemplate& chat_template, const std::string& model_dir,
                          const Tokenizer& tokenizer) {
  // Only templates of ours: what a user or a model brings along may write what it likes.
  if (chat_template.source().code != ErrorCode::kInternal) return;
  const std::string& name = chat_template.source().name;
  const auto reject = [&](const std::string& why) {
    fail(ErrorCode::kUsage, "chat_template: ", printable(model_dir, 4096), ": ", why);
  };
  const auto is_token = [&](const std::string& text) {
    const std::optional<int32_t> id = tokenizer.token_to_id(text);
    return id && tokenizer.encode(text) == std::vector<int32_t>{*id};
  };
  for (const std::string& mark : chat_template.marks())
    if (!is_token(mark))
      reject(mark + " is not one of the tokenizer's added tokens, but " + name +
             " writes it; choose another chat_template, or a tokenizer that has the token");
  Conversation asked;
  asked.messages.push_back(chat_message("user", "x"));
  asked.where = "a conversation of one message";
  std::string end;
  try {
    end = chat_template.answer_end(asked);
  } catch (const Error&) {  // the template adds to an eos token that there is not
    if (!chat_template.variable("eos_token").empty()) throw;
  }
  if (end.empty())
    reject(name +
           " ends answers with the eos token, but tokenizer_config.json names no eos_token; set "
           "special_tokens.eos_token, or choose another chat_template");
  if (!is_token(end))
    reject(quote(end, 60) + " is not one of the tokenizer's added tokens, but " + name +
           " ends answers with it; set special_tokens.eos_token to a token, or choose another "
           "chat_template");
}

}  // namespace hone
