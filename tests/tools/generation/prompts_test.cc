// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/prompts.h"

#include <doctest/doctest.h>

#include "data/chat_template_files.h"
#include "data/file.h"
#include "data/tokenizer.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "tools/generation/chat_prompt.h"

namespace hone {
namespace {

std::string file_with(const TemporaryDirectory& dir, const std::string& name,
                      const std::string& text) {
  write_file(dir / name, text);
  return dir / name;
}

TEST_CASE("prompts: from the command line, lines, rows and a conversation, in that order") {
  const TemporaryDirectory dir;
  PromptSources sources;
  sources.texts = {"one", "two"};
  sources.file = file_with(dir, "p.txt", "three\r\n four \nfive");
  sources.messages_file = file_with(dir, "m.json", R"([{"role": "user", "content": "six"}])");
  std::vector<Prompt> prompts = read_prompts(sources);
  REQUIRE(prompts.size() == 6);
  CHECK(prompts[1].text == "two");
  CHECK(prompts[2].text == "three");
  CHECK(prompts[3].text == " four ");
  CHECK(prompts[4].where == dir / "p.txt:3");
  CHECK(prompts[5].conversation->messages[0]["content"] == "six");

  sources = {};
  sources.file = file_with(
      dir, "p.jsonl",
      "{\"prompt\": \"a\", \"answer\": 3}\n\n{\"messages\": [{\"role\": \"system\", \"content\": "
      "\"s\"}, {\"role\": \"user\", \"content\": \"b\"}]}\n");
  sources.system = "be brief";
  prompts = read_prompts(sources);
  REQUIRE(prompts.size() == 2);
  CHECK(prompts[0].text == "a");
  CHECK(!prompts[0].conversation);
  CHECK(prompts[1].where == dir / "p.jsonl:3");
  CHECK(prompts[1].conversation->messages[0]["content"] == "s");  // it has a system message

  sources.chat = true;
  prompts = read_prompts(sources);
  REQUIRE(prompts[0].conversation);
  CHECK(prompts[0].conversation->messages[0]["content"] == "be brief");
  CHECK(prompts[0].conversation->messages[1]["content"] == "a");
}

TEST_CASE("prompts: what is empty or broken is refused with its place") {
  const TemporaryDirectory dir;
  const auto refused = [&](ErrorCode code, const PromptSources& sources, const std::string& part) {
    check_contains(error_of(code, [&] { read_prompts(sources); }), part);
  };
  refused(ErrorCode::kUsage, {.texts = {"a", " "}}, "--prompt 2: the prompt is empty");
  refused(ErrorCode::kUsage, {.file = file_with(dir, "a.txt", "x\n\ny\n")}, "a.txt:2");
  refused(ErrorCode::kDataset, {.file = file_with(dir, "b.txt", "")}, "no prompts in it");
  refused(ErrorCode::kDataset, {.file = dir / "none.txt"}, "none.txt");
  refused(ErrorCode::kDataset,
          {.file = file_with(dir, "c.jsonl", "{\"prompt\": \"a\"}\n{\"q\": 1}\n")}, "c.jsonl:2");
  refused(ErrorCode::kDataset, {.file = file_with(dir, "d.jsonl", "{\"prompt\": 7}\n")},
          "d.jsonl:1");
  refused(ErrorCode::kDataset, {.file = file_with(dir, "e.jsonl", "{\"messages\": []}\n")},
          "e.jsonl:1");
  refused(ErrorCode::kDataset,
          {.messages_file = file_with(dir, "f.json", "[{\"content\": \"x\"}]")}, "f.json");
  refused(ErrorCode::kDataset, {.messages_file = file_with(dir, "g.json", "[{")}, "g.json:1");
}

TEST_CASE("chat prompt: ends where an answer begins") {
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  const auto load = [&](const std::string& name) {
    ChatTemplateChoice choice;
    choice.name = name;
    return load_chat_template(choice, "data/quickstart", tokenizer);
  };
  const ChatTemplate own = load("tokenizer_default");
  const Conversation question = ask("What is 2 + 2?", "Be brief.", "x");
  const ChatPrompt prompt = encode_conversation(question, own, tokenizer);
  const std::vector<int32_t> ids(prompt.ids.begin(), prompt.ids.end());
  CHECK(tokenizer.decode(ids) ==
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n");
  CHECK(prompt.stop_tokens == std::vector<int64_t>{*tokenizer.token_to_id("<|im_end|>")});
  const ChatPrompt chatml = encode_conversation(question, load("chatml"), tokenizer);
  CHECK(tokenizer.decode(std::vector<int32_t>(chatml.ids.begin(), chatml.ids.end())) ==
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n"
        "<|im_start|>assistant\n");
  CHECK(chatml.stop_tokens == prompt.stop_tokens);
  Conversation answered = ask("What is 2 + 2?", "", "rows.jsonl:7");
  answered.messages.push_back(chat_message("assistant", "4"));
  check_contains(
      error_of(ErrorCode::kDataset, [&] { encode_conversation(answered, own, tokenizer); }),
      "rows.jsonl:7: the conversation ends with an answer");
}

}  // namespace
}  // namespace hone
