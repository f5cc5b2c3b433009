// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Conversations, templates that models ship with, and what jinja2 makes of them:
// tools/make_template_golden.py writes the files.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "data/chat_template.h"
#include "data/conversation.h"
#include "data/row_reader.h"

namespace hone {

inline const std::string kGoldens = "tests/goldens/templates/";

inline std::vector<JsonValue> rows_of(const std::string& file) {
  std::vector<JsonValue> rows;
  const auto reader = open_rows(kGoldens + file, RowLayout::kLines);
  for (RowText row; reader->next(row);) rows.push_back(parse_row(row, file));
  return rows;
}

struct Example {
  Conversation conversation;
  bool add_generation_prompt = false;
};

inline const std::vector<Example>& examples() {
  static const std::vector<Example> all = [] {
    std::vector<Example> list;
    for (const JsonValue& row : rows_of("conversations.jsonl")) {
      Example& e = list.emplace_back();
      e.conversation.where = "row " + std::to_string(list.size());
      e.conversation.messages = row.at("messages").raw();
      if (const auto tools = row.find("tools")) e.conversation.tools = tools->raw();
      if (const auto thinking = row.find("enable_thinking"))
        e.conversation.template_kwargs["enable_thinking"] = thinking->raw();
      e.add_generation_prompt = row.get_bool_or("add_generation_prompt", false);
    }
    return list;
  }();
  return all;
}

// A template of the fixtures, and what jinja2 makes of the examples with it.
struct Official {
  std::string name, text;  // no text if it may not be copied
  std::string eos_token;
  ChatTokens tokens;
  JsonValue rendered;
};

inline const std::vector<Official>& officials() {
  static const std::vector<Official> all = [] {
    std::vector<Official> list;
    for (const JsonValue& line : rows_of("rendered.jsonl.gz")) {
      Official o{line.get_string("name"),
                 line.get_string_or("template", ""),
                 line.get_string("eos_token"),
                 {},
                 line.at("rendered")};
      for (const char* token : {"bos_token", "eos_token"})
        if (const auto text = line.find(token))
          o.tokens.variables.push_back({token, text->as_string()});
      o.tokens.end_marks = {o.eos_token};
      o.tokens.special = {"<|im_start|>", "<|im_end|>", "<|endoftext|>", "<end_of_turn>",
                          "<|end|>",      "<|eot_id|>", "<|call|>",      "<|return|>"};
      list.push_back(std::move(o));
    }
    return list;
  }();
  return all;
}

inline const Official& official(const std::string& name) {
  for (const Official& o : officials())
    if (o.name == name) return o;
  FAIL("no fixture named ", name);
  return officials()[0];
}

}  // namespace hone
