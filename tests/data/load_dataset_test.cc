// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/load_dataset.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "data/conversation.h"
#include "tests/data/builtin_writer.h"
#include "tests/data/compress.h"
#include "tests/data/error_of.h"
#include "tests/data/peak_memory.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

std::string qa(const std::string& question, const std::string& answer) {
  return R"({"question": ")" + question + R"(", "answer": ")" + answer + "\"}\n";
}

// Files in a folder, loaded with settings that a test may change.
class Fixture {
 public:
  Fixture() {
    source.encoding.render = builtin_writer(tokenizer());
    source.encoding.mask.eos_token = "<|endoftext|>";
    settings.max_tokens = 100;
  }

  void add(const std::string& name, const std::string& rows) {
    std::ofstream(dir / name, std::ios::binary) << rows;
    source.files.push_back(find_dataset_files(dir / name, "train", "").at(0));
  }
  // One file and no other.
  void write(const std::string& rows, const std::string& name = "a.jsonl") {
    source.files.clear();
    add(name, rows);
  }
  Dataset load() {
    notices.clear();
    return load_dataset(source, tokenizer(), settings, notices);
  }
  std::string error(ErrorCode code = ErrorCode::kDataset) {
    return error_of(code, [&] { load(); });
  }
  std::string error_in(const std::string& rows) {
    write(rows);
    return error();
  }

  TemporaryDirectory dir;
  RowSource source;
  LoadSettings settings;
  std::vector<std::string> notices;
};

// The text of the tokens that are labels.
std::string labels_text(const Dataset& dataset, int64_t example) {
  const TokenRow row = dataset.example(example);
  std::vector<int32_t> ids;
  for (size_t i = 0; i < row.ids.size(); ++i)
    if (row.is_label[i]) ids.push_back(row.ids[i]);
  return tokenizer().decode(ids);
}

std::string text_of(const Dataset& dataset, int64_t example) {
  return tokenizer().decode(dataset.example(example).ids);
}

TEST_CASE("load_dataset: question/answer rows, found by their fields") {
  Fixture f;
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
  Fixture f;
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

TEST_CASE("load_dataset: instructions") {
  Fixture f;
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
  Fixture f;
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
  check_contains(f.error_in(R"({"input_ids": [5, -1]})"), "a.jsonl:1: $.input_ids[1]: expected an");
  check_contains(f.error_in(R"({"input_ids": [5, )" + vocabulary + "]}"), "$.input_ids[1]");
  check_contains(f.error_in(R"({"input_ids": [5, 1.0]})"), "$.input_ids[1]");
  check_contains(f.error_in(R"({"input_ids": [5, 6], "labels": [5]})"), "as many values as");
  check_contains(f.error_in(R"({"input_ids": [5, 6], "labels": [5, 7]})"),
                 "$.labels[1]: expected -100");
  check_contains(f.error_in(R"({"input_ids": [5, 6, 7], "attention_mask": [1, 0, 1]})"),
                 "zeros at the ends only");
}

TEST_CASE("load_dataset: tools come as values or as JSON in strings") {
  Fixture f;
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
      "a.jsonl:1: $.messages[0].tool_calls[0].function.arguments: expected the arguments");
}

TEST_CASE("load_dataset: what happens to rows that are too long") {
  Fixture f;
  f.write(qa("q", std::string(400, 'x')) + qa("q", "b"));
  Dataset d = f.load();
  RowCounts counts = d.files()[0];
  CHECK(counts.rows == 2);
  CHECK(counts.kept == 1);
  CHECK(counts.too_long == 1);
  CHECK(counts.longest > 100);
  CHECK(counts.tokens == d.tokens());
  CHECK(d.where(0) == f.dir / "a.jsonl" + ":2");
  const int64_t fits = d.length(0);

  f.settings.excess_length = ExcessLength::kTruncate;
  d = f.load();
  REQUIRE(d.size() == 2);
  CHECK(d.length(0) == 100);
  CHECK(d.files()[0].truncated == 1);
  f.settings.excess_length = ExcessLength::kRaise;
  check_contains(f.error(), "a.jsonl:1: the row has ");

  // An example of exactly max_tokens stays, one token less and nothing is left.
  f.settings.excess_length = ExcessLength::kDrop;
  f.settings.max_tokens = fits;
  CHECK(f.load().size() == 1);
  f.settings.max_tokens = fits - 1;
  const std::string message = f.error();
  check_contains(message, "no row is left to train on");
  check_contains(message, "a.jsonl: 2 of 2 rows dropped: 2 longer than sequence_len");

  f.settings.max_tokens = 1000;
  f.settings.min_tokens = fits + 1;
  CHECK(f.load().files()[0].too_short == 1);
}

TEST_CASE("load_dataset: long texts become several examples, each label once") {
  Fixture f;
  std::string text;
  for (int i = 0; i < 300; ++i) text += "word" + std::to_string(i) + " ";
  f.settings.max_tokens = 5000;
  f.write(R"({"text": ")" + text + "\"}");
  const TokenRow whole = f.load().example(0);
  f.settings.max_tokens = 64;
  const Dataset d = f.load();
  CHECK(d.size() > 5);
  CHECK(d.files()[0].kept == 1);
  CHECK(d.files()[0].examples == d.size());
  std::vector<int32_t> joined = {whole.ids[0]};
  for (int64_t i = 0; i < d.size(); ++i) {
    const TokenRow part = d.example(i);
    CHECK(part.size() <= 64);
    CHECK(part.labels() == part.size() - 1);
    CHECK(part.ids[0] == joined.back());
    joined.insert(joined.end(), part.ids.begin() + 1, part.ids.end());
    CHECK(d.where(i) == f.dir / "a.jsonl" + ":1");
  }
  CHECK(joined == whole.ids);
  CHECK(d.total_labels() == whole.labels());
}

TEST_CASE("load_dataset: rows with nothing to learn") {
  Fixture f;
  const std::string user =
      R"({"messages": [{"role": "user", "content": "a"}]})" + std::string("\n");
  const std::string both = R"({"messages": [{"role": "user", "content": "a"}, )"
                           R"({"role": "assistant", "content": "b"}]})"
                           "\n";
  f.write(user + both);
  CHECK(f.load().files()[0].unlabelled == 1);
  check_contains(f.error_in(user + both + user),
                 "more than half of the rows have nothing to learn: 2 of 3");
  check_contains(f.error_in(user + user),
                 "a.jsonl: 2 of 2 rows dropped: 2 without anything to learn");
  check_contains(f.error_in(""), "the files, or the split, have no rows");
  f.source.encoding.mask.roles_to_train = {"user"};
  f.write(user + user);
  CHECK(labels_text(f.load(), 0) == "a<|im_end|>");
  f.source.encoding.mask = {.train_on_inputs = true};
  CHECK(f.load().labels(0) == f.load().length(0) - 1);
}

TEST_CASE("load_dataset: several files, each with its own format; parts of the rows") {
  Fixture f;
  std::string lines, array = "[";
  for (int i = 0; i < 10; ++i) {
    lines += qa("q" + std::to_string(i), "a");
    array += std::string(i == 0 ? "" : ",") + R"({"text": "t)" + std::to_string(i) + "\"}";
  }
  f.add("a.jsonl.gz", test::gzip(lines));
  f.add("b.json", array + "]");
  CHECK(f.load().size() == 20);
  CHECK(f.load().files()[1].format == "text");
  const auto wheres = [&](const char* split) {
    f.source.slice = *parse_split(split);
    const Dataset d = f.load();
    std::vector<std::string> texts;
    for (int64_t i = 0; i < d.size(); ++i) texts.push_back(text_of(d, i));
    return texts;
  };
  CHECK(wheres("train[8:12]").size() == 4);
  CHECK(wheres("train[8:12]")[3] == "t1<|endoftext|>");
  CHECK(wheres("train[:50%]").size() == 10);
  CHECK(wheres("train[-1:]") == std::vector<std::string>{"t9<|endoftext|>"});
  f.source.slice = {};
  f.source.shards = 3;
  f.source.shard = 2;
  CHECK(f.load().size() == 6);
  f.source.slice = *parse_split("train[50:60]");
  f.source.shard = 0;
  check_contains(f.error(), "the files, or the split, have no rows");
}

TEST_CASE("load_dataset: the same on any number of threads; the first error wins") {
  Fixture f;
  std::string rows;
  for (int i = 0; i < 3000; ++i)
    rows += qa("q" + std::to_string(i), std::string(i % 40, 'x') + "a");
  f.write(rows);
  const ContentHash alone = f.load().fingerprint();
  f.settings.parallel = [](int64_t n, const std::function<void(int64_t)>& body) {
    std::vector<std::exception_ptr> failed(static_cast<size_t>(n));
    std::vector<std::thread> threads;
    for (int64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int64_t i = n - 1 - t; i >= 0; i -= 4) try {
            body(i);
          } catch (...) {
            failed[static_cast<size_t>(i)] = std::current_exception();
          }
      });
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& e : failed)
      if (e) std::rethrow_exception(e);
  };
  CHECK(f.load().fingerprint() == alone);
  check_contains(f.error_in(rows + "{oops\n" + "{\n" + qa("q", "a")),
                 "a.jsonl:3001:2: invalid JSON");
}

TEST_CASE("load_dataset: errors name file and line") {
  Fixture f;
  const std::string good = qa("q", "a");
  check_contains(f.error_in(good + "{"), "a.jsonl:2:");
  check_contains(f.error_in(good + R"({"question": "q"})"),
                 "a.jsonl:2: $: expected an object with the key \"answer\"");
  check_contains(f.error_in(good + R"({"question": "q", "answer": 3})"), "a.jsonl:2: $.answer");
  check_contains(f.error_in(R"({"txt": "q"})"), "found \"txt\"");
  check_contains(f.error_in(R"({"prompt": "q", "chosen": "a", "rejected": "b"})"),
                 "preference pairs");
  check_contains(f.error_in(R"({"messages": []})"), "a.jsonl:1: $.messages");
  check_contains(f.error_in(R"({"messages": [{"role": "judge", "content": "c"}]})"), "a.jsonl:1: ");
  check_contains(f.error_in(R"({"messages": [{"content": "c"}]})"), "a.jsonl:1: $.messages[0]");
  check_contains(f.error_in(R"({"messages": [{"role": 3, "content": "c"}]})"),
                 "a.jsonl:1: $.messages[0].role");
  f.source.files = {{f.dir / "none.jsonl", RowLayout::kLines}};
  check_contains(f.error(), "none.jsonl");
}

TEST_CASE("load_dataset: prepared tokens are used again, and made anew when anything differs") {
  Fixture f;
  f.settings.prepared_directory = f.dir / "prepared";
  f.write(qa("q", "a") + qa("r", "b") + qa("s", std::string(400, 'x')));
  const Dataset first = f.load();
  CHECK(f.notices.empty());
  const auto again = [&] {
    const Dataset d = f.load();
    return f.notices.size() == 1 && f.notices[0].starts_with("tokens of ");
  };
  CHECK(again());
  const Dataset second = f.load();
  CHECK(second.fingerprint() == first.fingerprint());
  CHECK(second.example(1) == first.example(1));
  CHECK(second.files() == first.files());
  CHECK(second.where(1) == first.where(1));

  // The same bytes under another name are the same rows.
  f.write(qa("q", "a") + qa("r", "b") + qa("s", std::string(400, 'x')), "renamed.jsonl");
  CHECK(again());
  CHECK(f.load().where(0) == f.dir / "renamed.jsonl" + ":1");

  const auto differs = [&](auto change) {
    Fixture other;
    other.settings = f.settings;
    other.source = f.source;
    change(other);
    other.load();
    return other.notices.empty();
  };
  CHECK(differs([](Fixture& o) { o.settings.max_tokens = 99; }));
  CHECK(differs([](Fixture& o) { o.settings.min_tokens = 3; }));
  CHECK(differs([](Fixture& o) { o.settings.excess_length = ExcessLength::kTruncate; }));
  CHECK(differs([](Fixture& o) { o.settings.tokenizer = {1, 1}; }));
  CHECK(differs([](Fixture& o) { o.source.slice = *parse_split("train[:2]"); }));
  CHECK(differs([](Fixture& o) { o.source.shards = 2; }));
  CHECK(differs([](Fixture& o) { o.source.encoding.render_settings = "other"; }));
  CHECK(differs([](Fixture& o) { o.source.encoding.mask.train_on_inputs = true; }));
  CHECK(differs([](Fixture& o) { o.source.encoding.mask.train_on_eos = TrainOnMark::kAll; }));
  CHECK(differs([](Fixture& o) { o.source.encoding.fields.drop_system_message = true; }));
  f.write(qa("q", "a") + qa("r", "c") + qa("s", std::string(400, 'x')));
  f.load();
  CHECK(f.notices.empty());

  // Damage is said, and mended.
  for (const auto& entry : std::filesystem::directory_iterator(f.settings.prepared_directory))
    std::filesystem::resize_file(entry.path(), 100);
  CHECK(f.load().size() == 2);
  REQUIRE(f.notices.size() == 1);
  check_contains(f.notices[0], "prepared tokens are made anew: ");
  CHECK(again());

  // Rows that cannot be used leave nothing behind.
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(f.settings.prepared_directory), {});
  };
  const auto before = files();
  f.error_in(qa("q", "a") + "{");
  CHECK(files() == before);
}

// Sanitizers keep freed memory for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs = false;
#else
constexpr bool kMemoryIsOurs = true;
#endif

TEST_CASE("load_dataset: memory does not grow with the file") {
  Fixture f;
  f.settings.max_tokens = 4096;
  f.settings.temporary_directory = f.dir.path();
  // Words that differ, so that tokens are many: 48 MiB of text.
  std::string text;
  for (int i = 0; text.size() < 4000; ++i) text += "w" + std::to_string(i * 7919 % 10007) + " ";
  {
    std::ofstream file(f.dir / "big.jsonl");
    for (int i = 0; i < 12'000; ++i) file << qa("q" + std::to_string(i), text);
  }
  f.source.files = {{f.dir / "big.jsonl", RowLayout::kLines}};
  const int64_t before = resident_bytes();
  reset_peak_resident_bytes();
  const Dataset d = f.load();
  CHECK(d.size() == 12'000);
  const int64_t grown = peak_resident_bytes() - before;
  const int64_t in_memory = 4 * d.tokens();  // what holding the tokens would take
  MESSAGE("tokens: ", in_memory >> 20, " MiB, memory grew by ", grown >> 20, " MiB");
  REQUIRE(in_memory > int64_t{80} << 20);
  if (kMemoryIsOurs) CHECK(grown < int64_t{64} << 20);
  CHECK(labels_text(d, 11'999).starts_with("w0 w7919 "));
}

}  // namespace
}  // namespace hone
