// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_template.h"

#include <algorithm>

#include "data/chat_turns.h"
#include "data/content_parts.h"
#include "data/conversation.h"
#include "data/printable.h"
#include "data/train_detail.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr const char* kTooManySteps =
    "takes more steps than are allowed for finding where turns begin; "
    "a template should write a short conversation in some hundreds";

// A conversation with which templates show their generation prompt.
Conversation probe(const Json& template_kwargs, const Json& tools) {
  Conversation c;
  c.messages.push_back(chat_message("user", "x"));
  c.template_kwargs = template_kwargs;
  c.tools = tools;
  return c;
}

// Switches that change a generation prompt, in all their positions.
std::vector<Json> variants_of(const Json& template_kwargs) {
  std::vector<Json> all = {template_kwargs};
  for (const char* name : {"enable_thinking", "thinking"})
    for (const bool on : {true, false}) {
      all.push_back(template_kwargs);
      all.back()[name] = on;
    }
  return all;
}

// A short conversation with a message of the role at `message`; its content is to be set.
Conversation probe_of_role(const std::string& role, size_t& message) {
  Conversation c;
  if (role == "system") c.messages.push_back(chat_message("system", ""));
  c.messages.push_back(chat_message("user", "x"));
  message = role == "user" || role == "system" ? 0 : 1;
  if (role == "tool") {
    Json call = chat_message("assistant", "");
    const Json function = {{"name", "f"}, {"arguments", Json::object()}};
    call["tool_calls"] =
        Json::array({{{"id", "call00000"}, {"type", "function"}, {"function", function}}});
    c.messages.push_back(call);
    Json result = chat_message("tool", "");
    result["name"] = "f";
    result["tool_call_id"] = "call00000";
    c.messages.push_back(result);
    message = 2;
  }
  c.messages.push_back(chat_message("assistant", "y"));
  return c;
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

bool is_blank(std::string_view text) {
  return jinja::strip_borders(text, true, false).begin == text.size();
}

}  // namespace

ChatTemplate::ChatTemplate(std::string_view text, jinja::Source source, ChatTokens tokens,
                           int64_t now, int64_t max_steps)
    : template_(text, std::move(source)),
      tokens_(std::move(tokens)),
      now_(now),
      max_steps_(max_steps) {
  for (const auto& [name, value] : tokens_.kwargs)
    kwargs_.push_back({name, jinja::from_json(parse_json(value, {name, ErrorCode::kUsage}).raw())});
  jinja::StepBudget steps{max_steps_, {}};
  headers_ = find_headers(Conversation(), steps);
  if (steps.ran_out_at)
    fail_at(template_.source(), template_.source().code, *steps.ran_out_at, kTooManySteps);
  // Renderings of their own: a template that takes all its steps for these still has its headers.
  steps = {max_steps_, {}};
  for (const char* role : {"system", "user", "assistant", "tool"})
    if (try_list(role, steps)) list_roles_.emplace_back(role);
  settings_ = std::string(text) + '\0' + std::to_string(now);
  for (const auto* pairs : {&tokens_.variables, &tokens_.kwargs})
    for (const auto& [name, value] : *pairs) settings_ += '\0' + name + '\0' + value;
  for (const auto* list : {&tokens_.end_marks, &tokens_.special, &tokens_.marks})
    for (const std::string& token : *list) settings_ += '\0' + token;
}

std::string ChatTemplate::variable(std::string_view name) const {
  for (const auto& [known, value] : tokens_.variables)
    if (known == name) return value;
  return "";
}

jinja::Output ChatTemplate::run(const Conversation& conversation, bool add_generation_prompt,
                                size_t messages, jinja::StepBudget& steps) const {
  std::vector<std::vector<jinja::Mark>> details(messages);
  for (size_t i = 0; i < messages; ++i)
    if (const auto ranges = train_detail(conversation, i))
      for (const ByteRange& range : *ranges)
        details[i].push_back({range.begin, range.end, jinja::kDetail});
  try {
    std::vector<jinja::Variable> variables;
    for (const auto& [name, value] : tokens_.variables) variables.push_back({name, value});
    Json shown = Json::array();
    for (size_t i = 0; i < messages; ++i) shown.push_back(conversation.messages[i]);
    variables.push_back({"messages", jinja::messages_value(shown, details)});
    variables.push_back({"tools", jinja::from_json(conversation.tools)});
    variables.push_back({"documents", jinja::Value()});
    variables.push_back({"add_generation_prompt", add_generation_prompt});
    variables.insert(variables.end(), kwargs_.begin(), kwargs_.end());
    for (const auto& [name, value] : conversation.template_kwargs.items())
      variables.push_back({name, jinja::from_json(value)});
    return template_.render(variables, now_, steps);
  } catch (const jinja::Problem& problem) {  // of a value that templates cannot hold
    fail(ErrorCode::kDataset, printable(conversation.where, 4096), ": ", problem.what());
  } catch (const Error& error) {
    fail(error.code(), printable(conversation.where, 4096), ": ", error.what());
  }
}

// The text that add_generation_prompt adds to a conversation, empty if it adds none.
ChatTemplate::Header ChatTemplate::find_header(const Conversation& probe,
                                               jinja::StepBudget& steps) const {
  const jinja::Output without = run(probe, false, probe.size(), steps);
  const jinja::Output with = run(probe, true, probe.size(), steps);
  const std::string& text = with.text.bytes;
  if (!text.starts_with(without.text.bytes)) return {};
  Header pieces;
  for (size_t w = 0; w < with.writes.size(); ++w) {
    const size_t begin = with.writes[w].begin;
    const size_t end = w + 1 < with.writes.size() ? with.writes[w + 1].begin : text.size();
    if (end > without.text.bytes.size())
      pieces.push_back(text.substr(std::max(begin, without.text.bytes.size()),
                                   end - std::max(begin, without.text.bytes.size())));
  }
  return pieces;
}

// What the template writes in front of an assistant's words, unless that is only space, which a
// model writes itself.
ChatTemplate::Header ChatTemplate::find_silent_header(Conversation probe,
                                                      jinja::StepBudget& steps) const {
  probe.messages.push_back(chat_message("assistant", "y"));
  const jinja::Output output = run(probe, false, probe.size(), steps);
  for (size_t w = 0; w < output.writes.size(); ++w) {
    if (output.writes[w].message != 1) continue;
    for (const jinja::Mark& m : output.text.marks) {
      if (m.origin != 1) continue;
      const size_t begin = output.writes[w].begin;
      const std::string header =
          output.text.bytes.substr(begin, m.begin - std::min(begin, m.begin));
      if (is_blank(header)) return {};
      return {header};
    }
  }
  return {};
}

std::vector<ChatTemplate::Header> ChatTemplate::find_headers(const Conversation& like,
                                                             jinja::StepBudget& steps) const {
  std::vector<Header> headers;
  const auto add = [&](Header header) {
    if (!header.empty() && std::find(headers.begin(), headers.end(), header) == headers.end())
      headers.push_back(std::move(header));
  };
  for (const Json& kwargs : variants_of(like.template_kwargs)) {
    try {
      add(find_header(probe(kwargs, like.tools), steps));
    } catch (const Error&) {  // the template does not take the probe, or not these switches
    }
  }
  // A template that knows no add_generation_prompt shows its header only so; and where the prompt
  // goes on behind the header ("<think>"), not all turns do.
  try {
    const Header silent = find_silent_header(probe(like.template_kwargs, like.tools), steps);
    const bool begins_prompt =
        std::any_of(headers.begin(), headers.end(), [&](const Header& pieces) {
          return !silent.empty() && joined(pieces).starts_with(silent[0]);
        });
    if (headers.empty() || begins_prompt) add(silent);
  } catch (const Error&) {  // the template does not take this probe
  }
  return headers;
}

// What the template writes of a message's own words; nullopt if it does not take the conversation.
std::optional<std::string> ChatTemplate::words_of(const Conversation& conversation, size_t message,
                                                  jinja::StepBudget& steps) const {
  try {
    const jinja::Output output = run(conversation, false, conversation.size(), steps);
    std::string words;
    for (const jinja::Mark& m : output.text.marks)
      if (m.origin == static_cast<int32_t>(message))
        words += output.text.bytes.substr(m.begin, m.end - m.begin);
    return words;
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Of two parts, so that a template which writes only the first one does not count.
bool ChatTemplate::try_list(const std::string& role, jinja::StepBudget& steps) const {
  const std::string first = "alpha", second = "beta";
  size_t message = 0;
  Conversation probe = probe_of_role(role, message);
  Json& content = probe.messages[message]["content"];
  content = first + second;
  const std::optional<std::string> as_string = words_of(probe, message, steps);
  content = Json::array();
  for (const std::string& text : {first, second})
    content.push_back({{"type", "text"}, {"text", text}});
  const std::optional<std::string> as_list = words_of(probe, message, steps);
  // There are templates that take nothing but lists.
  const bool writes_strings = as_string && !as_string->empty();
  return as_list == (writes_strings ? *as_string : first + second);
}

bool ChatTemplate::takes_lists(const std::string& role) const {
  const bool tried = role == "system" || role == "assistant" || role == "tool";
  return std::find(list_roles_.begin(), list_roles_.end(), tried ? role : "user") !=
         list_roles_.end();
}

template <class Use>
auto ChatTemplate::prepared(const Conversation& conversation, const Use& use) const {
  Conversation changed = conversation;
  const bool joined =
      join_text_parts(changed, [this](const std::string& role) { return takes_lists(role); });
  const Conversation unparsed = joined ? changed : Conversation();
  const Conversation& otherwise = joined ? unparsed : conversation;
  if (!parse_tool_arguments(changed)) return use(otherwise);
  try {
    return use(changed);
  } catch (const Error&) {
    return use(otherwise);
  }
}

RenderedChat ChatTemplate::render_as_is(const Conversation& conversation) const {
  TurnSettings settings;
  const bool plain = conversation.template_kwargs.empty();
  // All attempts to find the turns share one budget: they are as many as there are messages.
  jinja::StepBudget steps{max_steps_, {}};
  const auto check_steps = [&] {
    if (steps.ran_out_at)
      fail(ErrorCode::kDataset, printable(conversation.where, 4096), ": ",
           printable(template_.source().name, 4096), ":", steps.ran_out_at->line, ":",
           steps.ran_out_at->column, ": ", kTooManySteps);
  };
  settings.headers = plain ? headers_ : find_headers(conversation, steps);
  check_steps();
  settings.end_marks = tokens_.end_marks;
  settings.special = tokens_.special;
  settings.special.insert(settings.special.end(), tokens_.marks.begin(), tokens_.marks.end());
  settings.prompts_before = [&](size_t message) {
    std::vector<std::string> prompts;
    Conversation before = conversation;
    for (const Json& kwargs : variants_of(conversation.template_kwargs)) {
      before.template_kwargs = kwargs;
      try {
        prompts.push_back(run(before, true, message, steps).text.bytes);
      } catch (const Error&) {  // no prompt that this template makes
      }
    }
    check_steps();
    // The longest one that fits says most.
    std::stable_sort(prompts.begin(), prompts.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return prompts;
  };
  jinja::StepBudget rendering{max_steps_, {}};
  return find_turns(run(conversation, false, conversation.size(), rendering), conversation,
                    settings, template_.has_generation_blocks());
}

RenderedChat ChatTemplate::render(const Conversation& conversation) const {
  check_conversation(conversation);
  return prepared(conversation, [&](const Conversation& c) { return render_as_is(c); });
}

std::string ChatTemplate::prompt(const Conversation& conversation) const {
  check_conversation(conversation);
  return prepared(conversation, [&](const Conversation& c) {
    jinja::StepBudget steps{max_steps_, {}};
    return run(c, true, c.size(), steps).text.bytes;
  });
}

std::string ChatTemplate::answer_end(const Conversation& asked) const {
  Conversation answered = asked;
  answered.messages.push_back(chat_message("assistant", "answer"));
  const RenderedChat chat = render(answered);
  if (chat.turns.empty() || chat.turns.back().message != asked.size()) return "";
  const ByteRange end = chat.turns.back().end_mark;
  return chat.text.substr(end.begin, end.size());
}

}  // namespace hone
