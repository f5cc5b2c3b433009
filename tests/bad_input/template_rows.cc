// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Chat templates: chat_template.jinja of a model, and rows written with it. Variants:
// tests/data/jinja_test.cc and chat_template_test.cc.
#include "data/chat_template_files.h"
#include "data/dataset_files.h"
#include "data/file.h"
#include "data/load_dataset.h"
#include "tests/bad_input/bad_input.h"

namespace hone::bad_input {
namespace {

// Reads the template of a model in `dir`, and three rows with it. The last user says "c".
Dataset load_rows(const std::string& dir, const std::string& jinja) {
  write_file(dir + "/chat_template.jinja", jinja);
  std::string rows;
  for (const char* user : {"a", "b", "c"})
    rows += R"({"messages": [{"role": "user", "content": ")" + std::string(user) +
            R"("}, {"role": "assistant", "content": "d"}]})" + "\n";
  write_file(dir + "/rows.jsonl", rows);
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  const ChatTemplate chat_template = load_chat_template({}, dir, tokenizer);
  RowSource source;
  source.files = find_dataset_files(dir + "/rows.jsonl", "train", "");
  source.encoding.render = [&](const Conversation& c) { return chat_template.render(c); };
  LoadSettings settings;
  settings.max_tokens = 100;
  std::vector<std::string> notices;
  return load_dataset(source, tokenizer, settings, notices);
}

Row with(const char* id, const char* what, const std::string& jinja, const std::string& message,
         int exit_code = kDataset) {
  return {id, what, message.empty() ? 0 : exit_code, message,
          [jinja](const std::string& dir) { load_rows(dir, jinja); }};
}

// Rows that are left out are counted, and the report says so.
Row counted(const char* id, const char* what, const std::string& jinja, const char* report) {
  return {id, what, kDataset, report, [jinja](const std::string& dir) {
            const Dataset rows = load_rows(dir, jinja);
            fail(ErrorCode::kDataset, "note: ", describe_dropped(rows.files()[0], 100));
          }};
}

// Loops in each other, as many rounds as `counts` multiplied.
std::string loops(const std::vector<std::string>& counts) {
  std::string text;
  for (const std::string& count : counts) text += "{% for i in range(" + count + ") %}";
  for (size_t i = 0; i < counts.size(); ++i) text += "{% endfor %}";
  return text;
}

}  // namespace

Rows template_rows() {
  const std::string turns =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
  const auto too_many_steps = [](const char* at) {
    return std::string("DIR/chat_template.jinja:") + at +
           ": takes more steps than are allowed for finding where turns begin; a template should "
           "write a short conversation in some hundreds";
  };
  return {
      with("47", "a statement without an end", "{% for m in messages %}\n{{ m.content }}",
           "DIR/chat_template.jinja:1:4: {% for %} has no {% endfor %}", kModel),
      with("47b", "an expression cut short", "{{ messages[0]. }}",
           "DIR/chat_template.jinja:1:17: expected a name, found the end of the tag, \"}}\"",
           kModel),
      with("48", "a range of 10^9", loops({"10**9"}),
           "DIR/rows.jsonl:1:1: DIR/chat_template.jinja:1:18: range: more than 100000 elements"),
      with("48b", "10^8 rounds", loops({"10000", "10000"}), too_many_steps("1:45"), kModel),
      with("48c", "rounds within the limit, for every prompt that is tried",
           loops({"9000", "100"}) + turns, too_many_steps("1:44"), kModel),
      with("48d", "1000 lists of 10^5",
           "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}"
           "{% set ns.l = ns.l + [0] * 100000 %}{% endfor %}",
           too_many_steps("1:76"), kModel),
      with("48e", "a list of 9 million characters", "{{ ('a' * 9000000) | list | length }}",
           too_many_steps("1:22"), kModel),
      with("48f", "30 million parts", "{{ ('a ' * 30000000).split(' ') | length }}",
           too_many_steps("1:10"), kModel),
      with("49", "a text of 10^9 bytes", "{{ 'a' * 10**9 }}",
           "DIR/rows.jsonl:1:1: DIR/chat_template.jinja:1:8: a string of more than 64 MiB"),
      with("49b", "many texts of 60 MB at once",
           "{% set ns = namespace() %}{% for i in range(1000) %}"
           "{% set ns.a = {'a': 'a' * 60000000, 'b': ns.a} %}{% endfor %}",
           too_many_steps("1:77"), kModel),
      with("50", "a macro that calls itself without end",
           "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
           "DIR/rows.jsonl:1:1: DIR/chat_template.jinja:1:20: more than 200 calls inside each "
           "other"),
      with(
          "51", "a template that refuses", turns + "{{ raise_exception('no \x1b[31mturns') }}",
          "DIR/rows.jsonl:1:1: DIR/chat_template.jinja:3:31: the template says: no \\x1b[31mturns"),
      with("52", "attributes of Python's objects", "{{ ''.__class__.__mro__ }}",
           "DIR/rows.jsonl:1:1: DIR/chat_template.jinja:1:6: unknown name \"__class__\": nothing "
           "but "
           "data can be reached"),
      with("52b", "functions that Jinja knows and templates of models do not",
           "{{ lipsum.__globals__ }}",
           "DIR/rows.jsonl:1:1: DIR/chat_template.jinja:1:10: 'lipsum' is undefined"),
      with("52c", "another file", "{% include '/etc/passwd' %}",
           "DIR/chat_template.jinja:1:4: unknown tag \"include\": a chat template cannot use other "
           "templates",
           kModel),
      with("53", "the assistant's turns left out",
           "{% for m in messages if m.role == 'user' %}<|im_start|>user\n{{ m.content }}{% endfor "
           "%}",
           "no row is left to train on\n  DIR/rows.jsonl: 3 of 3 rows dropped: 3 without anything "
           "to "
           "learn\n  look at sequence_len, roles_to_train and the rows themselves"),
      with(
          "53b", "the assistant's turns left out in two of three rows",
          "{% for m in messages if m.role == 'user' or messages[0].content == 'c' %}"
          "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
          "more than half of the rows have nothing to learn: 2 of 3\n  DIR/rows.jsonl: 2 of 3 rows "
          "dropped: 2 without anything to learn\n  does the chat template write the turns of "
          "roles_to_train, and are they in the rows?"),
      counted("53c", "legal: the same in one of three rows",
              "{% for m in messages if m.role == 'user' or messages[0].content != 'c' %}"
              "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
              "note: 1 of 3 rows dropped: 1 without anything to learn"),
      with("53d", "no words of the assistant, only the end of its turns",
           "{% for m in messages %}<|im_start|>{{ m.role }}\n<|im_end|>\n{% endfor %}",
           "DIR/rows.jsonl:1:49: message 1: it should be learned, but the chat template writes "
           "nothing "
           "of its content; use a template that does, or set \"train\": false on the message. A "
           "template finds the content in a message's \"content\""),
  };
}

}  // namespace hone::bad_input
