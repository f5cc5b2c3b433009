// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/metrics.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "data/file_calls.h"
#include "data/json.h"
#include "tensor/check.h"

namespace hone {
namespace {

std::string json_number(double x) {
  if (std::isnan(x)) return "\"NaN\"";
  if (std::isinf(x)) return x > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  char buffer[32];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr);
}

// An object that grows by a field at a time.
class JsonLine {
 public:
  void field(std::string_view name, const std::string& value) {
    text_ += text_.empty() ? "{\"" : ",\"";
    text_.append(name).append("\":").append(value);
  }
  std::string str() const { return text_ + "}"; }

 private:
  std::string text_;
};

// The member "step" of a line; nothing when it is not such a line.
std::optional<int64_t> step_of(const std::string& line) {
  try {
    return parse_json(line, {"metrics.jsonl"}).get_int("step");
  } catch (const Error&) {
    return std::nullopt;
  }
}

[[noreturn]] void fail_disk(const std::filesystem::path& path, const char* what) {
  fail(ErrorCode::kDisk, path.string(), ": ", what, ": ", std::strerror(errno));
}

}  // namespace

std::string metrics_json(const StepMetrics& m) {
  JsonLine line;
  line.field("step", std::to_string(m.step));
  line.field("loss", json_number(m.loss));
  line.field("lr", json_number(m.lr));
  line.field("grad_norm", json_number(m.grad_norm));
  line.field("tokens", std::to_string(m.tokens));
  line.field("tokens_per_second", json_number(m.tokens_per_second));
  line.field("memory_bytes", std::to_string(m.memory_bytes));
  if (m.skipped) line.field("skipped", "true");
  return line.str();
}

std::string metrics_json(const EvalMetrics& m) {
  JsonLine line;
  line.field("step", std::to_string(m.step));
  line.field("eval_loss", json_number(m.loss));
  line.field("eval_perplexity", json_number(m.perplexity));
  line.field("eval_labels", std::to_string(m.labels));
  line.field("eval_tokens", std::to_string(m.tokens));
  line.field("eval_seconds", json_number(m.seconds));
  if (m.exact_match) {
    line.field("eval_exact_match", json_number(*m.exact_match));
    line.field("eval_answers", std::to_string(m.answers));
  }
  return line.str();
}

MetricsWriter::MetricsWriter(const std::filesystem::path& path, Begin begin) : path_(path) {
  constexpr mode_t kReadableByAll = 0644;
  const int empty = begin == Begin::kEmpty ? O_TRUNC : 0;
  file_ = FileDescriptor(file_calls::create(
      path_.string(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | empty, kReadableByAll));
  if (file_.get() < 0) fail_disk(path_, "cannot create the file");
}

void MetricsWriter::append(const std::string& json) {
  const std::string line = json + "\n";
  for (std::span<const std::byte> rest = std::as_bytes(std::span(line)); !rest.empty();) {
    const ssize_t written = file_calls::append(file_.get(), path_.string(), rest);
    if (written < 0) fail_disk(path_, "cannot write metrics");
    rest = rest.subspan(static_cast<size_t>(written));
  }
}

void MetricsWriter::sync() {
  if (file_calls::sync(file_.get(), path_.string()) != 0) fail_disk(path_, "cannot sync");
}

int64_t cut_metrics(const std::filesystem::path& from, const std::filesystem::path& to,
                    int64_t step) {
  int64_t last = 0;
  std::error_code ignored;
  if (!std::filesystem::exists(from, ignored)) return last;
  const std::string text = read_file(from.string(), ErrorCode::kDisk);
  std::string kept;
  for (size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const std::string line = text.substr(begin, end - begin);
    const auto number = step_of(line);
    if (!number) break;
    if (*number > step) continue;
    kept += line + "\n";
    last = *number;
  }
  write_file(to.string(), kept);
  return last;
}

}  // namespace hone
