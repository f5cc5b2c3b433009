// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

#include "tensor/check.h"

namespace hone {
namespace {

std::string json_number(double x) {
  if (std::isnan(x)) return "\"NaN\"";
  if (std::isinf(x)) return x > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  char buffer[32];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr);
}

[[noreturn]] void fail_disk(const std::filesystem::path& path, const char* what) {
  fail(ErrorCode::kDisk, path.string(), ": ", what, ": ", std::strerror(errno));
}

}  // namespace

std::string metrics_json(const StepMetrics& m) {
  std::string line;
  const auto field = [&](std::string_view name, const std::string& value) {
    line += line.empty() ? "{\"" : ",\"";
    line.append(name).append("\":").append(value);
  };
  field("step", std::to_string(m.step));
  field("loss", json_number(m.loss));
  field("lr", json_number(m.lr));
  field("grad_norm", json_number(m.grad_norm));
  field("tokens", std::to_string(m.tokens));
  field("tokens_per_second", json_number(m.tokens_per_second));
  field("memory_bytes", std::to_string(m.memory_bytes));
  return line + "}";
}

MetricsWriter::MetricsWriter(const std::filesystem::path& path) : path_(path) {
  constexpr mode_t kReadableByAll = 0644;
  file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, kReadableByAll);
  if (file_ < 0) fail_disk(path_, "cannot create the file");
}

MetricsWriter::~MetricsWriter() { close(file_); }

void MetricsWriter::write(const StepMetrics& metrics) {
  const std::string line = metrics_json(metrics) + "\n";
  for (size_t done = 0; done < line.size();) {
    const ssize_t written = ::write(file_, line.data() + done, line.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno != EINTR) {
      fail_disk(path_, "cannot write step metrics");
    }
  }
}

}  // namespace hone
