// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_template.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "data/builtin_templates.h"
#include "tests/data/error_of.h"
#include "tests/data/template_goldens.h"
#include "tests/data/template_masks.h"
#include "tests/fuzz/fuzz_target.h"

namespace hone {
namespace {

// The text, or nullopt where the template refuses the conversation.
std::optional<std::string> text_of(const ChatTemplate& t, const Example& e) {
  try {
    return e.add_generation_prompt ? t.prompt(e.conversation) : t.render(e.conversation).text;
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kDataset);
    return std::nullopt;
  }
}

// The templates of the fixtures that read lists of parts, whoever's message it is.
bool reads_lists(const std::string& name) {
  constexpr std::array kReaders = {
      "qwen2_5_vl", "qwen3_vl", "qwen3_5_think",          "qwen3_5_nothink", "qwen3_6",
      "glm4moe",    "smolvlm",  "qwen3_5_think_training", "idefics3",        "gemma4"};
  return std::find(kReaders.begin(), kReaders.end(), name) != kReaders.end();
}

bool has_lists(const Conversation& c) {
  return std::any_of(c.messages.begin(), c.messages.end(), [](const Json& m) {
    return m.contains("content") && m["content"].is_array();
  });
}

// The example with its lists as strings, which the last ones are.
size_t joined_twin(size_t example) {
  const Conversation& c = examples()[example].conversation;
  size_t lists = 0, before = 0;
  for (size_t i = 0; i < examples().size(); ++i) {
    before += i < example && has_lists(examples()[i].conversation);
    lists += has_lists(examples()[i].conversation);
  }
  const size_t twin = examples().size() - lists + before;
  REQUIRE(examples()[twin].conversation.size() == c.size());
  return twin;
}

// What the language makes of a conversation, without any of ChatTemplate's help.
std::optional<std::string> raw_text(const jinja::Template& t, const Official& o, const Example& e) {
  std::vector<jinja::Variable> variables;
  for (const auto& [name, value] : o.tokens.variables) variables.push_back({name, value});
  variables.push_back({"messages", jinja::messages_value(e.conversation.messages)});
  variables.push_back({"tools", jinja::from_json(e.conversation.tools)});
  variables.push_back({"documents", jinja::Value()});
  variables.push_back({"add_generation_prompt", e.add_generation_prompt});
  for (const auto& [name, value] : e.conversation.template_kwargs.items())
    variables.push_back({name, jinja::from_json(value)});
  try {
    return t.render(variables, kTrainingDate).text.bytes;
  } catch (const Error&) {
    return std::nullopt;
  }
}

TEST_CASE("chat templates: byte-equal to jinja2") {
  int64_t templates = 0, compared = 0;
  for (const Official& o : officials()) {
    if (o.text.empty()) continue;
    ++templates;
    const ChatTemplate t(o.text, {o.name}, o.tokens);
    const jinja::Template language(o.text, {o.name});
    for (size_t i = 0; i < examples().size(); ++i) {
      CAPTURE(o.name);
      CAPTURE(i);
      const auto expected = [&](size_t example) -> std::optional<std::string> {
        const JsonValue rendered = o.rendered.at(static_cast<int64_t>(example));
        return rendered.is_string() ? std::optional(rendered.as_string()) : std::nullopt;
      };
      CHECK(raw_text(language, o, examples()[i]) == expected(i));
      const bool joined = has_lists(examples()[i].conversation) && !reads_lists(o.name);
      CHECK(text_of(t, examples()[i]) == expected(joined ? joined_twin(i) : i));
      ++compared;
    }
  }
  CHECK(templates >= 20);
  CHECK(examples().size() >= 50);
  MESSAGE(templates << " templates, " << compared << " conversations");
}

TEST_CASE("built-in templates write what the official ones write") {
  const std::pair<const char*, const char*> kPairs[] = {{"qwen_25", "qwen2_5"},
                                                        {"qwen3", "qwen3"},
                                                        {"qwen3_5_think", "qwen3_5_think"},
                                                        {"qwen3_5_nothink", "qwen3_5_nothink"},
                                                        {"llama3", "llama3"},
                                                        {"gemma3", "gemma3"},
                                                        {"phi_3", "phi3"},
                                                        {"phi_35", "phi3_5"},
                                                        {"deepseek_v3", "deepseekv3"}};
  for (const auto& [ours, theirs] : kPairs) {
    const Official& o = official(theirs);
    const ChatTemplate t(builtin_chat_template(ours).value(), {ours}, o.tokens);
    int64_t compared = 0;
    for (size_t i = 0; i < examples().size(); ++i) {
      const JsonValue expected = o.rendered.at(static_cast<int64_t>(i));
      if (!expected.is_string() || has_lists(examples()[i].conversation)) continue;  // as above
      CAPTURE(ours);
      CAPTURE(i);
      CHECK(text_of(t, examples()[i]).value_or("an error") == expected.as_string());
      ++compared;
    }
    CHECK(compared >= 25);
  }
}

TEST_CASE("chat template: errors name the row, the template, line and column") {
  const ChatTemplate t(
      "{% for m in messages %}\n{{ raise_exception('bad ' + m.role) }}{% endfor %}",
      {"m/chat_template.jinja"}, {});
  check_contains(error_of(ErrorCode::kDataset, [&] { t.render(two_rounds()); }),
                 "a.jsonl:1: m/chat_template.jinja:2:19: the template says: bad user");
  check_contains(error_of(ErrorCode::kModel, [&] { ChatTemplate("{% if %}", {"x"}, {}); }),
                 "x:1:7: ");
}

// Finding turns renders a template many times; together that takes no more than one rendering may.
TEST_CASE("chat template: a wasteful one is refused, and not rendered again and again") {
  const std::string waste =
      "{% for i in range(9000) %}{% for j in range(100) %}{% endfor %}{% endfor %}";
  check_contains(error_of(ErrorCode::kModel, [&] { ChatTemplate(waste, {"t.jinja"}, {}); }),
                 "t.jinja:1:44: takes more steps than are allowed for finding where turns begin");
  // Wasteful only where a conversation has tools, and with prompts that fit no turn.
  const ChatTemplate t("{% if tools %}" + waste +
                           "{% endif %}{% for m in messages %}{{ m.content }}</s>{% endfor %}"
                           "{% if add_generation_prompt %}<assistant>{% endif %}",
                       {"t.jinja"}, {{}, {"</s>"}, {}});
  Conversation c = two_rounds();
  CHECK_NOTHROW(t.render(c));
  c.tools = Json::array({Json::object()});
  check_contains(error_of(ErrorCode::kDataset, [&] { t.render(c); }),
                 "a.jsonl:1: t.jinja:1:58: takes more steps");
}

TEST_CASE("chat templates: mutilated ones are errors or render") {
  uint64_t state = 1;
  const auto next = [&](size_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<size_t>(state >> 33) % bound;
  };
  for (const std::string_view name : builtin_chat_template_names()) {
    const std::string_view text = builtin_chat_template(name).value();
    for (int i = 0; i < 40; ++i) {
      std::string mutant(text);
      for (size_t edits = 1 + next(3); edits > 0; --edits) {
        const size_t at = next(mutant.size()), size = next(12);
        const size_t from = next(text.size());
        mutant.replace(at, std::min(size, mutant.size() - at), text.substr(from, next(12)));
      }
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(mutant.data()), mutant.size());
    }
  }
}

TEST_CASE("qwen3_5: its generation prompts") {
  const ChatTemplate t = builtin("qwen3_5", "<|im_end|>");
  Conversation c = chat_of({user("Hi")});
  CHECK(t.prompt(c) == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n");
  c.template_kwargs["enable_thinking"] = false;
  CHECK(t.prompt(c) ==
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
}

}  // namespace
}  // namespace hone
