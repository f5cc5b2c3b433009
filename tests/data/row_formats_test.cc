// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows of each format as load_dataset reads them.
#include <doctest/doctest.h>

#include "data/conversation.h"
#include "tests/data/load_fixture.h"

namespace hone {
namespace {

TEST_CASE("load_dataset: question/answer rows, found by their fields") {
  LoadFixture f;
  f.write(R"({"question": "1+1?", "answer": "2", "id": 7})"
          "\n\n" +
          qa("Name?", "Ada"));
  const Dataset d = f.load();
  REQUIRE(d.size() == 2);
  CHECK(text_of(d, 0) ==
        "<|im_start|>user\n1+1?<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n2<|im_end|>\n");
  CHECK(labels_text(d, 0) == "2<|im_end|>");
  CHECK(labels_text(d, 1) == "Ada<|im_end|>");
  CHECK(d.where(1) == f.dir / "a.jsonl" + ":3");
  CHECK(d.files()[0].format == "question/answer");
  CHECK(d.tokens() == d.length(0) + d.length(1));
  CHECK(d.total_labels() == d.labels(0) + d.labels(1));
  CHECK(d.lengths() == std::vector<int64_t>{d.length(0), d.length(1)});
}

TEST_CASE("load_dataset: messages, and ShareGPT's names for them") {
  LoadFixture f;
  f.write(R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "a"}, )"
          R"({"role": "assistant", "content": "c", "tool_calls": []}]})");
  Dataset d = f.load();
  CHECK(
      text_of(d, 0).starts_with("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\na<|im_end|>"));
  CHECK(labels_text(d, 0) == "c<|im_end|>");
  CHECK(d.files()[0].format == "messages");
  const std::string same = text_of(d, 0);

  f.write(
      R"({"conversations": [{"from": "system", "value": "S"}, {"from": "human", "value": "a"}, )"
      R"({"from": "gpt", "value": "c"}]})");
  d = f.load();
  CHECK(text_of(d, 0) == same);
  CHECK(labels_text(d, 0) == "c<|im_end|>");
  CHECK(d.files()[0].format == "messages in \"conversations\" (content: value, role: from)");

  // Roles and properties of one's own.
  f.source.encoding.fields.format = RowFormat::kMessages;
  f.source.encoding.fields.messages = "turns";
  f.source.encoding.fields.properties = {{"role", "who"}, {"content", "said"}};
  f.source.encoding.fields.roles = {{"bot", "assistant"}, {"boss", "system"}};
  f.source.encoding.fields.training = "learn";
  f.write(R"({"turns": [{"who": "boss", "said": "S"}, {"who": "user", "said": "a"}, )"
          R"({"who": "bot", "said": "no", "learn": false}, {"who": "user", "said": "b"}, )"
          R"({"who": "bot", "said": "yes", "learn": true}]})");
  d = f.load();
  CHECK(text_of(d, 0).starts_with("<|im_start|>system\nS<|im_end|>\n"));
  CHECK(labels_text(d, 0) == "yes<|im_end|>");
  f.source.encoding.fields.drop_system_message = true;
  CHECK(text_of(f.load(), 0).starts_with("<|im_start|>user\na<|im_end|>\n"));
}

TEST_CASE("load_dataset: contents that are lists of texts") {
  const std::string row =
      R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}, )"
      R"({"role": "assistant", "content": [{"type": "text", "text": "a", "image": null}, )"
      R"({"type": "text", "text": " b"}]}]})";
  LoadFixture f;
  f.write(row);
  CHECK(labels_text(f.load(), 0) == "a b<|im_end|>");
  for (const char* name : {"chatml", "qwen3", "qwen_25", "qwen3_5"}) {
    CAPTURE(name);
    f.source.encoding.render = builtin_writer(tokenizer(), name);
    CHECK(labels_text(f.load(), 0) == "a b<|im_end|>");
  }
  // The model that the quickstart finetunes prints contents as they come.
  const Tokenizer base = Tokenizer::load("data/quickstart/base");
  f.source.encoding.render = builtin_writer(base, "tokenizer_default", "data/quickstart/base");
  const Dataset d = load_dataset(f.source, base, f.settings, f.notices);
  CHECK(base.decode(d.example(0).ids) ==
        "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na b<|im_end|>\n");
}

TEST_CASE("load_dataset: roles are known, or named by the dataset") {
  LoadFixture f;
  f.source.encoding.render = builtin_writer(tokenizer(), "chatml");
  const std::string user = R"({"messages": [{"role": "user", "content": "q"}, )";
  const std::string critic = user + R"({"role": "critic", "content": "c"}]})";
  check_contains(f.error_in(user + R"({"role": "asistant", "content": "a"}]})"),
                 "a.jsonl:1:58: $.messages[1].role: expected one of system, developer, user, "
                 "assistant, tool, function, ipython, model (did you mean \"assistant\"?), or a "
                 "role that the dataset's key roles names, as in roles: {critic: [critic]}, found "
                 "\"asistant\"");
  check_contains(f.error_in(critic), "model, or a role that");
  f.source.encoding.mask.roles_to_train = {"asistant"};
  check_contains(f.error(ErrorCode::kUsage),
                 "roles_to_train: expected one of system, developer, user, assistant, tool, "
                 "function, ipython, model (did you mean \"assistant\"?)");
  f.source.encoding.mask.roles_to_train = {"critic"};
  check_contains(f.error(ErrorCode::kUsage), "found \"critic\"");
  f.source.encoding.fields.roles = {{"critic", "critic"}};
  CHECK(labels_text(f.load(), 0) == "c<|im_end|>");
  // Roles to train may have the rows' names.
  f.source.encoding.fields.roles = {{"bot", "assistant"}};
  for (const char* role : {"gpt", "bot", "assistant"}) {
    f.source.encoding.mask.roles_to_train = {role};
    f.write(user + R"({"role": "bot", "content": "c"}]})");
    CHECK(labels_text(f.load(), 0) == "c<|im_end|>");
    CHECK(f.notices.empty());
  }
  // One that no message has is said, also when the tokens are those of an earlier run.
  f.source.encoding.mask.roles_to_train = {"assistant", "tool"};
  f.settings.prepared_directory = f.dir / "prepared";
  for (int run = 0; run < 2; ++run) {
    CHECK(f.load().files()[0].learned_roles == "assistant");
    CHECK(f.notices.back() ==
          "roles_to_train: no message of " + (f.dir / "a.jsonl") + " has the role \"tool\"");
  }
}

TEST_CASE("load_dataset: instructions") {
  LoadFixture f;
  f.settings.max_tokens = 500;
  f.write(R"({"instruction": "Add {input}.", "input": "1 2", "output": "3"})"
          "\n"
          R"({"instruction": "Sing.", "input": "", "output": "La"})"
          "\n"
          R"({"instruction": "Sing.", "output": "La", "system": "Be loud."})");
  Dataset d = f.load();
  const std::string intro = "Below is an instruction that describes a task";
  CHECK(text_of(d, 0) == intro +
                             ", paired with an input that provides further context. Write a "
                             "response that appropriately completes the request.\n\n"
                             "### Instruction:\nAdd {input}.\n\n### Input:\n1 2\n\n"
                             "### Response:\n3<|endoftext|>");
  CHECK(labels_text(d, 0) == "3<|endoftext|>");
  CHECK(text_of(d, 1) == intro +
                             ". Write a response that appropriately completes the request.\n\n"
                             "### Instruction:\nSing.\n\n### Response:\nLa<|endoftext|>");
  CHECK(text_of(d, 2) == "Be loud.\n\n### Instruction:\nSing.\n\n### Response:\nLa<|endoftext|>");
  CHECK(d.files()[0].format == "instruction/output");

  f.source.encoding.fields.prompt = named_prompt_format("chat");
  CHECK(text_of(f.load(), 2) == "SYSTEM: Be loud.\nUSER: Sing.\nASSISTANT:La<|endoftext|>");
  f.source.encoding.fields.prompt = named_prompt_format("chat_template");
  d = f.load();
  CHECK(
      text_of(d, 2).starts_with("<|im_start|>system\nBe loud.<|im_end|>\n<|im_start|>user\nSing."));
  CHECK(labels_text(d, 0) == "3<|im_end|>");
  f.source.encoding.fields.prompt = {"", "[{instruction}|{input}|{x}]", "[{instruction}]", "", ""};
  CHECK(text_of(f.load(), 0) == "[Add {input}.|1 2|{x}]3<|endoftext|>");

  f.source.encoding.mask.eos_token = "";
  check_contains(f.error(ErrorCode::kModel), "names no eos_token");
}

TEST_CASE("load_dataset: texts, segments, tokens") {
  LoadFixture f;
  f.write(R"({"text": "Once upon a time"})");
  Dataset d = f.load();
  CHECK(text_of(d, 0) == "Once upon a time<|endoftext|>");
  CHECK(d.labels(0) == d.length(0) - 1);
  CHECK(d.files()[0].format == "text");

  f.write(R"({"segments": [{"label": false, "text": "<s>Hi "}, {"label": true, "text": "you"}]})");
  d = f.load();
  CHECK(text_of(d, 0) == "<s>Hi you");
  CHECK(labels_text(d, 0) == "you");

  f.write(R"({"input_ids": [5, 6, 7, 8, 0, 0], "attention_mask": [1, 1, 1, 1, 0, 0], )"
          R"("labels": [-100, -100, 7, 8, -100, -100]})"
          "\n"
          R"({"input_ids": [5, 6, 7]})");
  d = f.load();
  CHECK(d.example(0) == TokenRow{{5, 6, 7, 8}, {0, 0, 1, 1}});
  CHECK(d.example(1) == TokenRow{{5, 6, 7}, {0, 1, 1}});
  const std::string vocabulary = std::to_string(tokenizer().vocab_size());
  check_contains(f.error_in(R"({"input_ids": [5, -1]})"),
                 "a.jsonl:1:19: $.input_ids[1]: expected an");
  check_contains(f.error_in(R"({"input_ids": [5, )" + vocabulary + "]}"), "$.input_ids[1]");
  check_contains(f.error_in(R"({"input_ids": [5, 1.0]})"), "$.input_ids[1]");
  check_contains(f.error_in(R"({"input_ids": [5, 6], "labels": [5]})"), "as many values as");
  check_contains(f.error_in(R"({"input_ids": [5, 6], "labels": [5, 7]})"),
                 "$.labels[1]: expected -100");
  check_contains(f.error_in(R"({"input_ids": [5, 6, 7], "attention_mask": [1, 0, 1]})"),
                 "zeros at the ends only");
}

TEST_CASE("load_dataset: tools come as values or as JSON in strings") {
  LoadFixture f;
  Conversation seen;
  f.source.encoding.render = [&](const Conversation& c) {
    seen = c;
    return RenderedChat{"ab", {{c.size() - 1, {0, 2}, 1, {2, 2}}}, {}, false, {}, {}};
  };
  f.write(
      R"({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, )"
      R"("tool_calls": [{"function": {"name": "f", "arguments": "{\"b\": 1, \"a\": [2]}"}}]}], )"
      R"("tools": "[{\"name\": \"f\"}]", "chat_template_kwargs": {"enable_thinking": false}})");
  f.load();
  CHECK(seen.messages[1]["tool_calls"][0]["function"]["arguments"].dump() == R"({"b":1,"a":[2]})");
  CHECK(seen.tools.dump() == R"([{"name":"f"}])");
  CHECK(seen.template_kwargs.dump() == R"({"enable_thinking":false})");

  f.write(
      R"({"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": )"
      R"("{\"name\": \"f\", \"arguments\": {\"x\": 1}}"}, {"from": "observation", "value": "r"}, )"
      R"({"from": "gpt", "value": "a"}]})");
  f.load();
  CHECK(seen.messages[1]["role"] == "assistant");
  CHECK(seen.messages[1]["tool_calls"][0]["function"]["arguments"].dump() == R"({"x":1})");
  CHECK(seen.messages[2]["role"] == "tool");
  check_contains(
      f.error_in(R"({"messages": [{"role": "assistant", "tool_calls": [{"function": )"
                 R"({"name": "f", "arguments": "{oops"}}]}]})"),
      "a.jsonl:1:92: $.messages[0].tool_calls[0].function.arguments: expected the arguments");
}

TEST_CASE("load_dataset: errors name file and line") {
  LoadFixture f;
  const std::string good = qa("q", "a");
  check_contains(f.error_in(good + "{"), "a.jsonl:2:");
  check_contains(f.error_in(good + R"({"question": "q"})"),
                 "a.jsonl:2:1: $: the row has no field \"answer\"; it has \"question\". Remove the "
                 "row, or name its field with field_answer");
  check_contains(
      f.error_in(good + R"({"question": "q", "answer": {"text": "a"}})"),
      "a.jsonl:2:29: $.answer: expected text (field_answer names the field that has it), "
      "found an object");
  check_contains(
      f.error_in(good + R"({"question": "q", "answer": null})"),
      "a.jsonl:2:29: $.answer: expected text, found null; remove the row, or write \"\"");
  for (const char* nothing :
       {"", R"(, "content": null)", R"(, "content": null, "tool_calls": null)"})
    check_contains(f.error_in(R"({"messages": [{"role": "user", "content": "q"}, )"
                              R"({"role": "assistant", "train": true)" +
                              std::string(nothing) + "}]}"),
                   "a.jsonl:1:49: $.messages[1]: expected a message with a content; remove the "
                   "message, or the row, or write \"\"");
  f.source.encoding.fields.format = RowFormat::kMessages;
  check_contains(
      f.error_in(R"({"chat": []})"),
      "a.jsonl:1:1: $: the row has no field \"messages\"; it has \"chat\". Remove the row, "
      "or name its field with field_messages");
  f.source.encoding.fields.format = RowFormat::kAuto;
  check_contains(f.error_in(R"({"txt": "q"})"), "found \"txt\"");
  check_contains(f.error_in(R"({"prompt": "q", "chosen": "a", "rejected": "b"})"),
                 "preference pairs");
  // What a template would write as Python prints it, or not at all.
  for (const char* content : {"5", "true", R"({"a": 1})"})
    check_contains(
        f.error_in(R"({"messages": [{"role": "user", "content": )" + std::string(content) + "}]}"),
        "a.jsonl:1:43: $.messages[0].content: expected text, a list of parts, or null");
  check_contains(f.error_in(R"({"messages": [{"role": "assistant", "content": "a", )"
                            R"("reasoning_content": 5}]})"),
                 "a.jsonl:1:74: $.messages[0].reasoning_content: expected a string, found 5");
  check_contains(f.error_in(R"({"messages": []})"), "a.jsonl:1:14: $.messages");
  check_contains(f.error_in(R"({"messages": [{"role": "judge", "content": "c"}]})"),
                 "a.jsonl:1:24: $.messages[0].role: expected one of system, developer, user");
  check_contains(f.error_in(R"({"messages": [{"content": "c"}]})"), "a.jsonl:1:15: $.messages[0]");
  check_contains(f.error_in(R"({"messages": [{"role": 3, "content": "c"}]})"),
                 "a.jsonl:1:24: $.messages[0].role");
  f.source.files = {{f.dir / "none.jsonl", RowLayout::kLines}};
  check_contains(f.error(), "none.jsonl");
}

}  // namespace
}  // namespace hone
