// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A model's chat template: conversations to text, with the place of every message in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/jinja.h"
#include "data/rendered_chat.h"

namespace hone {

// Templates that print today's date print this one in training, so that a run gives the same tokens
// whichever day it is started or continued on: 26 July 2024, the date that Llama 3.2's template
// falls back to.
inline constexpr int64_t kTrainingDate = 1721952000;  // seconds since 1970

// What a template knows of its tokenizer.
struct ChatTokens {
  // Names and texts that templates can use: {"bos_token", "<s>"}, {"eos_token", "</s>"}, ...
  std::vector<std::pair<std::string, std::string>> variables;
  // The tokens that end a turn: eos_token and eot_tokens.
  std::vector<std::string> end_marks;
  // The tokenizer's other special tokens. The first one behind an assistant's words ends the turn
  // where none of end_marks follows.
  std::vector<std::string> special;
  // Of a built-in template: what it writes around turns (data/builtin_templates.h). They end turns
  // as `special` do.
  std::vector<std::string> marks = {};
  // Further variables, a name and a value as JSON each. Those of a conversation
  // override them.
  std::vector<std::pair<std::string, std::string>> kwargs = {};
};

class ChatTemplate {
 public:
  // `max_steps`: of one rendering, of all attempts to find where turns begin together, and of all to
  // find out what the template makes of lists of parts.
  // Errors: source.code for text that is no template; kUsage for kwargs whose value is no JSON.
  ChatTemplate(std::string_view text, jinja::Source source, ChatTokens tokens,
               int64_t now = kTrainingDate, int64_t max_steps = jinja::kMaxSteps);

  // The whole conversation, for training.
  //
  // What is written while a loop of the template stands at a message belongs to that message. Its
  // header is what add_generation_prompt gives a model that is asked for such a message; where the
  // turn does not begin with that, what the template makes of the messages before it. A turn for
  // which none of that holds is listed as unattributed.
  //
  // "arguments" of tool calls that are JSON texts are parsed first: most templates expect objects.
  // A template that cannot take them so gets them as they are. Contents that are lists of texts
  // become strings where the template cannot read lists (data/content_parts.h has the rule).
  // Errors: kDataset "<where>: <template>:<line>:<column>: ...".
  RenderedChat render(const Conversation& conversation) const;

  // What a model is given when it should answer: the text with the generation prompt at its end.
  // Errors: as render.
  std::string prompt(const Conversation& conversation) const;

  // The mark that ends an answer to `asked`, whose last message is not the assistant's; empty where
  // the template writes none. Errors: as render.
  std::string answer_end(const Conversation& asked) const;

  // Whether the template writes the texts of a content that is a list of parts as it would write
  // one string, in messages of that role.
  bool takes_lists(const std::string& role) const;

  const jinja::Source& source() const { return template_.source(); }
  const std::vector<std::string>& marks() const { return tokens_.marks; }
  // Everything that decides what it writes, for checksums.
  const std::string& settings() const { return settings_; }
  // The text of one of ChatTokens::variables, empty without it.
  std::string variable(std::string_view name) const;

 private:
  // A generation prompt in the pieces in which the template writes it.
  using Header = std::vector<std::string>;

  // `steps`: how many it may take; what it took is subtracted.
  jinja::Output run(const Conversation& conversation, bool add_generation_prompt, size_t messages,
                    jinja::StepBudget& steps) const;
  RenderedChat render_as_is(const Conversation& conversation) const;
  // use(conversation), in the form that the template takes.
  template <class Use>
  auto prepared(const Conversation& conversation, const Use& use) const;
  std::optional<std::string> words_of(const Conversation& conversation, size_t message,
                                      jinja::StepBudget& steps) const;
  bool try_list(const std::string& role, jinja::StepBudget& steps) const;
  std::vector<Header> find_headers(const Conversation& like, jinja::StepBudget& steps) const;
  Header find_header(const Conversation& probe, jinja::StepBudget& steps) const;
  Header find_silent_header(Conversation probe, jinja::StepBudget& steps) const;

  jinja::Template template_;
  ChatTokens tokens_;
  std::vector<jinja::Variable> kwargs_;  // those of tokens_, as values
  int64_t now_;
  int64_t max_steps_;
  std::string settings_;
  std::vector<Header> headers_;          // of conversations without template_kwargs
  std::vector<std::string> list_roles_;  // whose lists of parts the template reads
};

}  // namespace hone
