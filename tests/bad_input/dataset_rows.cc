// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Dataset files and their rows. Variants: tests/data/row_reader_test.cc and dataset_test.cc.
#include <filesystem>

#include "data/dataset_files.h"
#include "data/file.h"
#include "data/load_dataset.h"
#include "data/row_reader.h"
#include "tests/bad_input/bad_input.h"
#include "tests/data/builtin_writer.h"
#include "tests/data/compress.h"

namespace hone::bad_input {
namespace {

constexpr const char* kGoodRow = R"({"question": "1 + 1?", "answer": "2"})";

// Reads and parses every row of a file.
void read_rows(const std::string& path) {
  const auto reader = open_rows(path, RowLayout::kLines);
  RowText row;
  while (reader->next(row)) parse_row(row, path);
}

// A file of this name and content, read row by row.
Row rows_of(const char* id, const char* what, const std::string& content, const char* message,
            const char* name = "rows.jsonl") {
  return {id, what, message[0] == '\0' ? 0 : kDataset, message,
          [content, path = std::string("/") + name](const std::string& dir) {
            write_file(dir + path, content);
            read_rows(dir + path);
          }};
}

// The same with rows turned into tokens.
Row conversation(const char* id, const char* what, const std::string& content, const char* message,
                 int64_t max_tokens = 100) {
  return {id, what, message[0] == '\0' ? 0 : kDataset, message,
          [content, max_tokens](const std::string& dir) {
            write_file(dir + "/rows.jsonl", content);
            RowSource source;
            source.files = find_dataset_files(dir + "/rows.jsonl", "train", "");
            const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
            source.encoding.render = builtin_writer(tokenizer);
            LoadSettings settings;
            settings.max_tokens = max_tokens;
            std::vector<std::string> notices;
            load_dataset(source, tokenizer, settings, notices);
          }};
}

std::string messages(const std::string& list) { return "{\"messages\": [" + list + "]}\n"; }

void read_while_it_shrinks(const std::string& dir) {
  const std::string path = dir + "/rows.jsonl";
  std::string content;
  while (content.size() < size_t{8} << 20) content += std::string(kGoodRow) + "\n";
  write_file(path, content);
  const auto reader = open_rows(path, RowLayout::kLines);
  RowText row;
  reader->next(row);
  std::filesystem::resize_file(path, content.size() / 2);
  while (reader->next(row)) {
  }
}

}  // namespace

Rows dataset_rows() {
  const std::string good = std::string(kGoodRow) + "\n";
  const std::string user = R"({"role": "user", "content": "a"})";
  const std::string gz = test::gzip(good + good), zst = test::zstd(good + good);
  return {
      rows_of("54", "bad JSON in row 2", good + R"({"question": 1,})" + "\n",
              "DIR/rows.jsonl:2:16: invalid JSON: syntax error while parsing object key - "
              "unexpected '}'; expected string literal"),
      rows_of("54b", "a row that is no object", good + "[1, 2]\n",
              "DIR/rows.jsonl:2:1: $: expected a JSON object as a row, found an array of 2"),
      rows_of("55", "legal: byte order mark, CRLF, blank lines, no newline at the end",
              std::string("\xef\xbb\xbf") + kGoodRow + "\r\n\r\n  \n" + kGoodRow, ""),
      rows_of("56", "bytes that are not UTF-8", "{\"question\": \"\xff\"}\n",
              "DIR/rows.jsonl:1:15: invalid JSON: syntax error while parsing value - invalid "
              "string: ill-formed UTF-8 byte; last read: '\"\\xff'"),
      rows_of(
          "56b", "half a surrogate pair", R"({"question": "\ud800"})",
          "DIR/rows.jsonl:1:21: invalid JSON: syntax error while parsing value - invalid string: "
          "surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud800\"'"),
      rows_of("56c", "a NUL byte", std::string("{\"question\": \"a\0b\"}", 20),
              "DIR/rows.jsonl:1:16: invalid JSON: NUL byte"),
      {"57", "a line of 100 MB", kDataset,
       "DIR/rows.jsonl:1:1: the line exceeds 67108864 bytes; expected one row per line "
       "(dataset_max_row_bytes sets the limit)",
       [](const std::string& dir) {
         write_file(dir + "/rows.jsonl", "{\"question\": \"");
         std::filesystem::resize_file(dir + "/rows.jsonl", 100'000'000);
         read_rows(dir + "/rows.jsonl");
       }},
      conversation(
          "58", "an unknown role", messages(user + R"(, {"role": "asistant", "content": "b"})"),
          "DIR/rows.jsonl:1:58: $.messages[1].role: expected one of system, developer, user, "
          "assistant, tool, function, ipython, model (did you mean \"assistant\"?), or a "
          "role that the dataset's key roles names, as in roles: {critic: [critic]}, "
          "found \"asistant\""),
      conversation(
          "58b", "content that is no text", messages(R"({"role": "user", "content": 7})"),
          "DIR/rows.jsonl:1:43: $.messages[0].content: expected text, a list of parts, or null, "
          "found 7"),
      conversation(
          "58c", "a picture",
          messages(R"({"role": "user", "content": [{"type": "image", "image": "a.png"}]})"),
          "DIR/rows.jsonl:1:15: message 0: a part of the content is of type image, expected "
          "{\"type\": \"text\", \"text\": ...}; only text is supported"),
      conversation("58d", "a message that is no object", messages("\"a\""),
                   "DIR/rows.jsonl:1:15: $.messages[0]: expected a message {\"role\": ..., "
                   "\"content\": ...}, found \"a\""),
      conversation(
          "58e", "no messages", messages(""),
          "DIR/rows.jsonl:1:14: $.messages: expected a list of messages, found an array of 0"),
      conversation("59", "pairs of answers", R"({"prompt": "a", "chosen": "b", "rejected": "b"})",
                   "DIR/rows.jsonl:1:1: found preference pairs (\"chosen\", \"rejected\"); only "
                   "supervised finetuning is supported, whose rows have one answer"),
      conversation("60", "no row", "\n\n",
                   "no row is left to train on\n  DIR/rows.jsonl: 0 rows\n  the files, or the "
                   "split train of them, have no rows"),
      conversation(
          "60b", "nothing to learn in any row", messages(user) + messages(user),
          "no row is left to train on\n  DIR/rows.jsonl: 2 of 2 rows dropped: 2 without anything "
          "to learn\n  look at sequence_len, roles_to_train and the rows themselves"),
      conversation("60c", "every row too long", good + good,
                   "no row is left to train on\n  DIR/rows.jsonl: 2 of 2 rows dropped: 2 longer "
                   "than sequence_len 8 (the longest has 27 tokens)\n  look at sequence_len, "
                   "roles_to_train and the rows themselves",
                   8),
      rows_of("61", "gzip data cut short", gz.substr(0, gz.size() - 9),
              "DIR/rows.jsonl.gz: gzip data behind byte 50 of 50: the file ends in the middle of "
              "it; expected more. Was it fetched or written whole?",
              "rows.jsonl.gz"),
      rows_of("61b", "zstd data cut short", zst.substr(0, zst.size() - 9),
              "DIR/rows.jsonl.zst: zstd data behind byte 50 of 50: the file ends in the middle of "
              "it; expected more. Was it fetched or written whole?",
              "rows.jsonl.zst"),
      rows_of("61c", "a name that promises gzip", good,
              "DIR/rows.jsonl.gz: expected gzip data because of its name, found something else. "
              "Fetch or compress it again, or give it the name of what it is",
              "rows.jsonl.gz"),
      rows_of("61d", "200 KB that decompress to 200 MB of one line",
              test::gzip(std::string(200'000'000, ' ')),
              "DIR/rows.jsonl.gz: gzip data behind byte 65241 of 194422: expands to more than 200 "
              "times its size (64 MiB from 65241 bytes); expected a text, not a decompression "
              "bomb. If it is what you want, decompress it first",
              "rows.jsonl.gz"),
      {"62", "a file that shrinks while it is read", kDataset,
       "DIR/rows.jsonl: ends at byte 4194307, expected 262141 more bytes; it was 8388614 bytes "
       "long when opened: did something rewrite it?",
       read_while_it_shrinks},
  };
}

}  // namespace hone::bad_input
