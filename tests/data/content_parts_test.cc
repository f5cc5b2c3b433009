// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/content_parts.h"

#include <doctest/doctest.h>

#include "tests/data/error_of.h"
#include "tests/data/template_masks.h"

namespace hone {
namespace {

Json part(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

Json of_parts(std::string_view role, const Json& parts) {
  Json message = chat_message(role, "");
  message["content"] = parts;
  return message;
}

// A message of each kind with a text of two parts, and the same with strings.
struct Pair {
  Conversation parts, strings;
};
Pair conversations(bool with_system) {
  Pair both;
  const auto add = [&](const char* role, const char* first, const char* second) {
    both.parts.messages.push_back(of_parts(role, Json::array({part(first), part(second)})));
    both.strings.messages.push_back(chat_message(role, std::string(first) + second));
  };
  if (with_system) add("system", "Be ", "brief.");
  add("user", "What is ", "2+2?");
  add("assistant", "That is", " 4.");
  both.parts.where = both.strings.where = "a.jsonl:1";
  return both;
}

TEST_CASE("content parts: every built-in template learns the texts of an answer's parts") {
  for (const std::string_view name : builtin_chat_template_names()) {
    CAPTURE(name);
    const bool system = !name.starts_with("mistral_v1") && !name.starts_with("mistral_v2") &&
                        !name.starts_with("mistral_v3");
    const Pair both = conversations(system);
    const ChatTemplate t = builtin(std::string(name).c_str(), "<|im_end|>", "<s>");
    const Parts from_strings = learned(t, both.strings);
    REQUIRE(from_strings.size() == 1);
    check_contains(from_strings[0], "That is 4.");
    const bool has_system = t.render(both.strings).text.find("Be brief.") != std::string::npos;
    CHECK(has_system == system);
    if (name == "gemma3") {  // strips each part, as the official one does
      CHECK(learned(t, both.parts) == Parts{"That is4.<end_of_turn>"});
      CHECK(t.render(both.parts).text.find("Be brief.\n\nWhat is2+2?") != std::string::npos);
      continue;
    }
    CHECK(t.render(both.parts).text == t.render(both.strings).text);
    CHECK(learned(t, both.parts) == from_strings);
    CHECK(t.prompt(both.parts) == t.prompt(both.strings));
  }
}

TEST_CASE("content parts: lists go to templates that read them, by the role") {
  ChatTokens tokens;
  tokens.end_marks = {"</s>"};
  const std::string reads = "{% for p in m.content %}[{{ p.text }}]{% endfor %}";
  const std::string text =
      "{% for m in messages %}<{{ m.role }}>{% if m.content is string or "
      "m.role == 'system' %}{{ m.content }}{% else %}" +
      reads + "{% endif %}</s>{% endfor %}";
  const ChatTemplate t(text, {"t"}, tokens);
  CHECK_FALSE(t.takes_lists("system"));
  for (const char* role : {"user", "assistant", "tool", "critic"}) CHECK(t.takes_lists(role));
  const Pair both = conversations(true);
  CHECK(t.render(both.parts).text ==
        "<system>Be brief.</s><user>[What is ][2+2?]</s><assistant>[That is][ 4.]</s>");
  CHECK(learned(t, both.parts, {}, "</s>") == Parts{"[That is][ 4.]</s>"});
  // One that takes nothing else gets them; one that prints them as Python does, or the first of
  // them, does not.
  const ChatTemplate only(
      "{% for m in messages %}<{{ m.role }}>" + reads +
          "</s>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
      {"t"}, tokens);
  CHECK(learned(only, both.parts, {}, "</s>") == Parts{"[That is][ 4.]</s>"});
  for (const char* content :
       {"{{ m.content }}", "{{ m.content if m.content is string else m.content[0].text }}",
        "{{ m.content if m.content is string }}", "{{ m.content + '' }}"}) {
    CAPTURE(content);
    const ChatTemplate plain(
        "{% for m in messages %}<{{ m.role }}>" + std::string(content) + "</s>{% endfor %}", {"t"},
        tokens);
    CHECK_FALSE(plain.takes_lists("assistant"));
    CHECK(learned(plain, both.parts, {}, "</s>") == Parts{"That is 4.</s>"});
  }
}

TEST_CASE("content parts: what a text is") {
  const auto joined = [](const char* list) {
    return joined_text(Json::parse(list)).value_or("(none)");
  };
  CHECK(joined(R"([{"type": "text", "text": "a"}, {"text": "b"}, "c"])") == "abc");
  CHECK(joined(R"([{"type": "text", "content": "a"}, {"value": "b"}])") == "ab");
  CHECK(joined("[]").empty());
  CHECK(joined(R"([{"type": "text", "text": "a"}, {"type": "image"}])") == "(none)");
  CHECK(joined(R"([{"type": "text"}])") == "(none)");
  CHECK(joined(R"([3])") == "(none)");
  CHECK(joined(R"("a")") == "(none)");
  // Forms that templates do not know are joined for those that read lists, too.
  ChatTokens tokens;
  const ChatTemplate t(
      "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}"
      "{% for p in m.content %}[{{ p.text }}]{% endfor %}{% endif %}{% endfor %}",
      {"t"}, tokens);
  CHECK(t.render(chat_of({user("q"), of_parts("assistant", Json::array({"a", "b"}))})).text ==
        "qab");
  CHECK(t.render(chat_of({user("q"), of_parts("assistant", Json::array({part("a")}))})).text ==
        "q[a]");
}

TEST_CASE("qwen3_5: a system message of parts") {
  Json system = chat_message("system", "");
  system["content"] =
      Json::array({{{"type", "text"}, {"text", "Be "}}, {{"type", "text"}, {"text", "brief."}}});
  const Conversation c = chat_of({system, user("q"), assistant("a")});
  for (const char* name : {"qwen3_5", "qwen3_5_think"})
    CHECK(builtin(name, "<|im_end|>")
              .render(c)
              .text.starts_with("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"));
}

}  // namespace
}  // namespace hone
