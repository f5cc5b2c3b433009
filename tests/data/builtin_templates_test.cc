// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The built-in templates and the tokenizers that they need.
#include "data/builtin_templates.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "data/chat_template_files.h"
#include "data/conversation.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

// A tokenizer of single characters with `added` tokens; its eos token is `eos` unless that is empty.
class Folder {
 public:
  Folder(const std::vector<std::string>& added, const std::string& eos, bool special = false) {
    Json tokenizer = load_json("data/quickstart/tokenizer.json").raw();
    int64_t id = 0;
    for (const auto& [token, value] : tokenizer["model"]["vocab"].items())
      id = std::max(id, value.get<int64_t>() + 1);
    tokenizer["added_tokens"] = Json::array();
    for (const std::string& text : added)
      tokenizer["added_tokens"].push_back({{"id", id++},
                                           {"content", text},
                                           {"special", special},
                                           {"single_word", false},
                                           {"lstrip", false},
                                           {"rstrip", false},
                                           {"normalized", false}});
    std::ofstream(dir_ / "tokenizer.json") << tokenizer.dump();
    Json config = Json::object();
    if (!eos.empty()) config["eos_token"] = eos;
    std::ofstream(dir_ / "tokenizer_config.json") << config.dump();
  }

  ChatTemplate load(std::string_view name) const {
    const Tokenizer tokenizer = Tokenizer::load(dir_.path());
    ChatTemplateChoice choice;
    choice.name = name;
    ChatTemplate t = load_chat_template(choice, dir_.path(), tokenizer);
    check_template_marks(t, dir_.path(), tokenizer);
    return t;
  }

 private:
  TemporaryDirectory dir_;
};

Conversation short_chat(bool with_system) {
  Conversation c;
  if (with_system) c.messages.push_back(chat_message("system", "be brief"));
  c.messages.push_back(chat_message("user", "hi"));
  c.messages.push_back(chat_message("assistant", "yes"));
  c.where = "a.jsonl:1";
  return c;
}

bool takes_system(std::string_view name) {
  return !(name.starts_with("mistral_v1") || name.starts_with("mistral_v2") ||
           name.starts_with("mistral_v3"));
}

std::vector<std::string> with(std::vector<std::string> tokens, const std::string& more) {
  tokens.push_back(more);
  return tokens;
}

TEST_CASE("built-in templates: the tokenizer has each mark as a token, or is refused") {
  for (const std::string_view name : builtin_chat_template_names()) {
    CAPTURE(name);
    const std::vector<std::string> marks = builtin_template_marks(name);
    // Many tokenizers do not call them special.
    for (const bool special : {false, true}) {
      const ChatTemplate t = Folder(with(marks, "</s>"), "</s>", special).load(name);
      const RenderedChat chat = t.render(short_chat(takes_system(name)));
      const ByteRange mark = chat.turns.back().end_mark;
      const std::string end = chat.text.substr(mark.begin, mark.size());
      const std::vector<std::string> all = with(marks, "</s>");
      CHECK(std::find(all.begin(), all.end(), end) != all.end());
    }
    for (size_t i = 0; i < marks.size(); ++i) {
      std::vector<std::string> fewer = with(marks, "</s>");
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      const Folder folder(fewer, "</s>");
      check_contains(error_of(ErrorCode::kUsage, [&] { folder.load(name); }),
                     marks[i] + " is not one of the tokenizer's added tokens, but chat_template " +
                         std::string(name) + " writes it");
    }
  }
}

TEST_CASE("built-in templates: an answer ends with a token") {
  int64_t need_eos = 0;
  for (const std::string_view name : builtin_chat_template_names()) {
    CAPTURE(name);
    const std::vector<std::string> marks = builtin_template_marks(name);
    const bool ends_with_eos = name.starts_with("mistral") || name.starts_with("deepseek_v2");
    const Folder no_eos(marks, ""), no_token(marks, "</s>");
    if (!ends_with_eos) {
      CHECK_NOTHROW(no_eos.load(name));
      continue;
    }
    ++need_eos;
    check_contains(error_of(ErrorCode::kUsage, [&] { no_eos.load(name); }),
                   std::string(name) + " ends answers with the eos token, but");
    check_contains(error_of(ErrorCode::kUsage, [&] { no_token.load(name); }),
                   "\"</s>\" is not one of the tokenizer's added tokens, but chat_template " +
                       std::string(name) + " ends answers with it");
  }
  CHECK(need_eos == 5);
}

// What looks like a mark in a text is one of the template's, and the other way around.
TEST_CASE("built-in templates: no mark is missing from the list") {
  const std::regex like_mark(R"(<[^<>\s]+>|\[/?[A-Z_]+\])");
  for (const std::string_view name : builtin_chat_template_names()) {
    CAPTURE(name);
    const std::vector<std::string> marks = builtin_template_marks(name);
    const std::string text =
        Folder(with(marks, "</s>"), "</s>").load(name).render(short_chat(takes_system(name))).text;
    for (std::sregex_iterator at(text.begin(), text.end(), like_mark), end; at != end; ++at) {
      const std::string mark = at->str();
      const bool is_word = mark == "<think>" || mark == "</think>" || mark == "</s>" ||
                           (name == "mistral_v1" && (mark == "[INST]" || mark == "[/INST]"));
      CAPTURE(mark);
      CHECK(is_word != (std::find(marks.begin(), marks.end(), mark) != marks.end()));
    }
    for (const std::string& mark : marks) {
      CAPTURE(mark);
      CHECK(text.find(mark) != std::string::npos);
    }
  }
}

TEST_CASE("built-in templates: gemma is another name of gemma3") {
  CHECK(builtin_chat_template("gemma") == builtin_chat_template("gemma3"));
  CHECK(builtin_template_marks("gemma") == builtin_template_marks("gemma3"));
  check_contains(error_of(ErrorCode::kUsage, [] { Folder({"</s>"}, "</s>").load("gemma"); }),
                 "chat_template gemma writes it");
  CHECK_FALSE(builtin_chat_template("gemma4").has_value());
  CHECK(builtin_template_marks("gemma4").empty());
}

}  // namespace
}  // namespace hone
