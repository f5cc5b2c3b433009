// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "tensor/check.h"

namespace hone {
namespace {

constexpr std::string_view kGap = "  ";

std::string printed(const char* format, double value) {
  std::array<char, 64> buffer = {};
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

// "870 tok/s", "1.2k tok/s", "3.4M tok/s".
std::string format_rate(double tokens_per_second) {
  if (tokens_per_second < 1e3) return printed("%.0f tok/s", tokens_per_second);
  if (tokens_per_second < 1e6) return printed("%.1fk tok/s", tokens_per_second / 1e3);
  return printed("%.1fM tok/s", tokens_per_second / 1e6);
}

std::string step_text(const Progress& progress) {
  return "step " + std::to_string(progress.step) + "/" + std::to_string(progress.total_steps);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// The columns of the terminal: what it says itself, else $COLUMNS, else 80.
int64_t terminal_width(std::FILE* stream) {
  constexpr int64_t kUsual = 80;
  winsize size = {};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const int64_t columns = std::atoll(variable("COLUMNS").c_str());
  return columns > 0 ? columns : kUsual;
}

}  // namespace

std::string format_duration(double seconds) {
  constexpr int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  constexpr double kLongest = 1e12;  // keeps the integer below in range
  const auto s = static_cast<int64_t>(std::llround(std::min(std::max(seconds, 0.0), kLongest)));
  const auto two = [](int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  if (s >= kDay)
    return std::to_string(s / kDay) + "d " + two(s % kDay / kHour) + ":" + two(s % kHour / kMinute);
  const std::string minutes_seconds = ":" + two(s % kMinute);
  if (s >= kHour)
    return std::to_string(s / kHour) + ":" + two(s % kHour / kMinute) + minutes_seconds;
  return std::to_string(s / kMinute) + minutes_seconds;
}

std::string format_bytes(int64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  constexpr double kThreeDigits = 99.95;  // from here on no decimal is shown
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  const bool decimal = unit > 0 && value < kThreeDigits;
  return printed(decimal ? "%.1f " : "%.0f ", value) + kUnits[unit];
}

double estimate_seconds_left(double elapsed_seconds, int64_t steps_done, int64_t steps_left) {
  if (steps_done <= 0) return -1;
  return elapsed_seconds / static_cast<double>(steps_done) * static_cast<double>(steps_left);
}

std::string format_progress(const Progress& progress, int64_t width) {
  const std::array<std::string, 7> fields = {
      step_text(progress),
      printed("loss %.4f", progress.loss),
      "eta " + (progress.seconds_left < 0 ? "?" : format_duration(progress.seconds_left)),
      printed("lr %.2e", progress.learning_rate),
      printed("|g| %.3g", progress.grad_norm),
      format_rate(progress.tokens_per_second),
      format_bytes(progress.memory_bytes),
  };
  std::string line;
  for (const std::string& field : fields) {
    const size_t gap = line.empty() ? 0 : kGap.size();
    if (width > 0 && line.size() + gap + field.size() > static_cast<size_t>(width)) break;
    line.append(kGap.substr(0, gap)).append(field);
  }
  return line;
}

ProgressPrinter::ProgressPrinter(std::FILE* stream, int64_t logging_steps)
    : stream_(stream),
      logging_steps_(logging_steps),
      live_(isatty(fileno(stream)) == 1 && variable("TERM") != "dumb"),
      bold_(live_ && variable("NO_COLOR").empty()) {
  check(logging_steps >= 1, "ProgressPrinter: logging_steps is ", logging_steps,
        ", expected at least 1");
}

ProgressPrinter::~ProgressPrinter() { finish(); }

void ProgressPrinter::update(const Progress& progress) {
  if (!live_) {
    const bool due = progress.step % logging_steps_ == 0 || progress.step == 1 ||
                     progress.step == progress.total_steps;
    if (due) std::fprintf(stream_, "%s\n", format_progress(progress, 0).c_str());
    std::fflush(stream_);
    return;
  }
  // One column stays free: terminals wrap when the last one is written.
  std::string line = format_progress(progress, terminal_width(stream_) - 1);
  if (const std::string step = step_text(progress); bold_ && line.starts_with(step))
    line = "\x1b[1m" + step + "\x1b[0m" + line.substr(step.size());
  std::fprintf(stream_, "\r%s\x1b[K", line.c_str());  // \x1b[K clears what the last line left
  std::fflush(stream_);
  line_open_ = true;
}

void ProgressPrinter::finish() {
  if (!line_open_) return;
  std::fputc('\n', stream_);
  std::fflush(stream_);
  line_open_ = false;
}

}  // namespace hone
