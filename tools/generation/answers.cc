// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/answers.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "data/printable.h"

namespace hone {

LiveText::LiveText(const Tokenizer& tokenizer, const std::vector<std::string>& stops,
                   std::FILE* out)
    : text_(tokenizer, stops), out_(out), terminal_(isatty(fileno(out)) != 0) {}

void LiveText::show(const std::string& part) const {
  std::string shown;
  for (const char c : part) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (terminal_ && control && c != '\n' && c != '\t')
      shown += printable(std::string_view(&c, 1));
    else
      shown += c;
  }
  std::fputs(shown.c_str(), out_);
  if (terminal_) std::fflush(out_);
}

bool LiveText::push(int64_t token) {
  show(text_.push(token));
  return !text_.stopped();
}

void LiveText::finish() {
  show(text_.finish());
  std::fputs("\n", out_);
  std::fflush(out_);
}

AnswerWriter::AnswerWriter(const Tokenizer& tokenizer, const std::vector<std::string>& stops,
                           const std::vector<Prompt>& prompts, const std::string& path)
    : tokenizer_(tokenizer), stops_(stops), prompts_(prompts), path_(path) {
  if (path.empty()) return;
  file_.reset(std::fopen(path.c_str(), "wb"));
  if (!file_) fail(ErrorCode::kDisk, "--out ", path, ": ", std::strerror(errno));
}

bool AnswerWriter::push(int64_t sequence, int64_t token) {
  TextStream& text = texts_.try_emplace(sequence, tokenizer_, stops_).first->second;
  text.push(token);
  return !text.stopped();
}

void AnswerWriter::end(int64_t sequence, const GeneratedSequence& result) {
  TextStream& text = texts_.try_emplace(sequence, tokenizer_, stops_).first->second;
  text.finish();
  const Prompt& prompt = prompts_[static_cast<size_t>(sequence)];
  Json line;
  line["index"] = sequence;
  if (!prompt.conversation) line["prompt"] = prompt.text;
  line["text"] = text.text();
  line["tokens"] = result.tokens.size();
  line["finish_reason"] = result.reason == FinishReason::kLength ? "length" : "stop";
  finished_[sequence] = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  texts_.erase(sequence);
  write_ready();
}

void AnswerWriter::write_ready() {
  std::FILE* out = file_ ? file_.get() : stdout;
  for (auto ready = finished_.find(next_); ready != finished_.end();
       ready = finished_.find(++next_)) {
    std::fputs(ready->second.c_str(), out);
    finished_.erase(ready);
  }
  if (std::fflush(out) != 0)
    fail(ErrorCode::kDisk, path_.empty() ? "stdout" : path_, ": ", std::strerror(errno));
}

void AnswerWriter::close() {
  check(finished_.empty(), "answers: some were never written");
  if (file_ && std::fclose(file_.release()) != 0)
    fail(ErrorCode::kDisk, path_, ": ", std::strerror(errno));
}

}  // namespace hone
