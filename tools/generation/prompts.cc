// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/prompts.h"

#include <algorithm>

#include "data/chat_row.h"
#include "data/file.h"
#include "data/printable.h"
#include "data/row_reader.h"
#include "data/text_only.h"
#include "data/unicode.h"

namespace hone {
namespace {

void require_text(const std::string& text, const std::string& where) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    fail(ErrorCode::kUsage, where, ": the prompt is empty; say something to continue or answer");
}

Prompt text_prompt(const std::string& text, const PromptSources& sources,
                   const std::string& where) {
  require_text(text, where);
  if (sources.chat) return {"", ask(text, sources.system, where), where};
  return {text, std::nullopt, where};
}

Conversation conversation_of(const JsonValue& messages, const PromptSources& sources,
                             const std::string& where) {
  Conversation c;
  c.where = where;
  for (const JsonValue& message : messages.elements()) {
    c.messages.push_back(read_message(message, {}));
    c.written.push_back(message);
  }
  check_conversation(c);
  check_text_only(c);
  add_default_system_message(c, sources.system);
  return c;
}

Prompt row_prompt(const JsonValue& row, const PromptSources& sources, const std::string& where) {
  if (const auto messages = row.find("messages")) {
    Prompt prompt{"", conversation_of(*messages, sources, where), where};
    if (const auto tools = row.find("tools")) prompt.conversation->tools = tools->raw();
    return prompt;
  }
  if (!row.find("prompt")) row.reject("an object with \"prompt\", or with \"messages\"");
  return text_prompt(row.get_string("prompt"), sources, where);
}

std::vector<Prompt> rows_of(const PromptSources& sources) {
  std::vector<Prompt> prompts;
  const auto rows = open_rows(sources.file, RowLayout::kLines);
  for (RowText row; rows->next(row);)
    prompts.push_back(row_prompt(parse_row(row, sources.file), sources,
                                 sources.file + ":" + std::to_string(row.line)));
  return prompts;
}

std::string read_text(const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{64} << 20;
  const InputFile file = InputFile::open(path, ErrorCode::kDataset);
  if (file.size() > kMaxBytes)
    fail(ErrorCode::kDataset, printable(path, 4096), ": ", file.size(),
         " bytes of prompts; at most ", kMaxBytes, " fit in one file");
  std::string text(static_cast<size_t>(file.size()), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

std::vector<Prompt> lines_of(const PromptSources& sources) {
  const std::string text = read_text(sources.file);
  std::vector<Prompt> prompts;
  int64_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    const std::string where = sources.file + ":" + std::to_string(++number);
    if (const int64_t bad = find_invalid_utf8(line); bad >= 0)
      fail(ErrorCode::kDataset, printable(where, 4096), ":", bad + 1,
           ": not UTF-8; convert the file, with iconv for instance");
    prompts.push_back(text_prompt(line, sources, where));
    begin = end + 1;
  }
  return prompts;
}

}  // namespace

Conversation ask(const std::string& text, const std::string& system, const std::string& where) {
  Conversation c;
  c.messages.push_back(chat_message("user", text));
  c.where = where;
  add_default_system_message(c, system);
  return c;
}

std::vector<Prompt> read_prompts(const PromptSources& sources) {
  std::vector<Prompt> prompts;
  for (size_t i = 0; i < sources.texts.size(); ++i)
    prompts.push_back(text_prompt(sources.texts[i], sources, "--prompt " + std::to_string(i + 1)));
  if (!sources.file.empty()) {
    const bool rows = sources.file.ends_with(".jsonl");
    for (Prompt& p : rows ? rows_of(sources) : lines_of(sources)) prompts.push_back(std::move(p));
    if (prompts.size() == sources.texts.size())
      fail(ErrorCode::kDataset, printable(sources.file, 4096), ": no prompts in it");
  }
  if (!sources.messages_file.empty()) {
    const JsonValue json = load_json(sources.messages_file, ErrorCode::kDataset);
    const JsonValue messages = json.is_object() ? json.at("messages") : json;
    prompts.push_back(
        {"", conversation_of(messages, sources, sources.messages_file), sources.messages_file});
  }
  return prompts;
}

}  // namespace hone
