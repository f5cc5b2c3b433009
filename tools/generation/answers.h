// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where a model's answers go.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/generation.h"
#include "tools/generation/prompts.h"
#include "tools/generation/text_stream.h"

namespace hone {

// One answer on a stream while it is written. A terminal gets no control characters but line ends
// and tabs: what a model writes must not steer it.
class LiveText {
 public:
  // All outlive it.
  LiveText(const Tokenizer& tokenizer, const std::vector<std::string>& stops, std::FILE* out);

  // False if a stop string has come.
  bool push(int64_t token);
  // Writes what was waiting, and a line end.
  void finish();
  const std::string& text() const { return text_.text(); }

 private:
  void show(const std::string& part) const;

  TextStream text_;
  std::FILE* out_;
  bool terminal_;
};

// Many answers, in the order of the prompts, each as soon as it and those before it are there:
//
//   {"index":0,"prompt":"...","text":"...","tokens":12,"finish_reason":"stop"}
//
// "prompt" is absent for conversations. finish_reason: "stop" at a stop token or string, or
// "length".
class AnswerWriter {
 public:
  // To stdout, or to a file if `path` is not empty. The others outlive it. Errors: kDisk.
  AnswerWriter(const Tokenizer& tokenizer, const std::vector<std::string>& stops,
               const std::vector<Prompt>& prompts, const std::string& path);

  // False if a stop string has come.
  bool push(int64_t sequence, int64_t token);
  void end(int64_t sequence, const GeneratedSequence& result);
  // Errors: kDisk.
  void close();

 private:
  struct CloseFile {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  void write_ready();

  const Tokenizer& tokenizer_;
  const std::vector<std::string>& stops_;
  const std::vector<Prompt>& prompts_;
  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::map<int64_t, TextStream> texts_;      // of sequences that are being written
  std::map<int64_t, std::string> finished_;  // lines that wait for those before them
  int64_t next_ = 0;
};

}  // namespace hone
