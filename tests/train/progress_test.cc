// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/progress.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tensor/check.h"

namespace hone {
namespace {

constexpr Progress kExample = {.step = 12,
                               .total_steps = 40,
                               .loss = 3.21104,
                               .learning_rate = 1.9e-3,
                               .grad_norm = 0.8712,
                               .tokens_per_second = 1234,
                               .memory_bytes = 412 << 20,
                               .seconds_left = 42};

TEST_CASE("progress: one line, shortened from the right") {
  CHECK(format_progress(kExample, 0) ==
        "step 12/40  loss 3.2110  eta 0:42  lr 1.90e-03  |g| 0.871  1.2k tok/s  412 MiB");
  CHECK(format_progress(kExample, 40) == "step 12/40  loss 3.2110  eta 0:42");
  CHECK(format_progress(kExample, 33) == "step 12/40  loss 3.2110  eta 0:42");
  CHECK(format_progress(kExample, 32) == "step 12/40  loss 3.2110");
  CHECK(format_progress(kExample, 5) == "");
  for (int64_t width = 1; width < 100; ++width)
    CHECK(static_cast<int64_t>(format_progress(kExample, width).size()) <= width);
}

TEST_CASE("progress: durations, bytes and the time left") {
  CHECK(format_duration(0) == "0:00");
  CHECK(format_duration(59.4) == "0:59");
  CHECK(format_duration(59.6) == "1:00");
  CHECK(format_duration(725) == "12:05");
  CHECK(format_duration(10800) == "3:00:00");
  CHECK(format_duration(2 * 86400 + 3 * 3600 + 60) == "2d 03:01");
  CHECK(format_bytes(512) == "512 B");
  CHECK(format_bytes(1536) == "1.5 KiB");
  CHECK(format_bytes(412 << 20) == "412 MiB");
  CHECK(format_bytes(int64_t{1} << 40) == "1.0 TiB");
  CHECK(format_bytes((int64_t{1} << 20) - 1) == "1.0 MiB");
  CHECK(estimate_seconds_left(30, 10, 5) == 15);
  CHECK(estimate_seconds_left(30, 0, 5) < 0);
  Progress unknown = kExample;
  unknown.seconds_left = -1;
  CHECK(format_progress(unknown, 36) == "step 12/40  loss 3.2110  eta ?");
}

TEST_CASE("progress: a file gets plain lines for the first, the last and every n-th step") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    ProgressPrinter printer(file, 3);
    CHECK_FALSE(printer.live());
    Progress progress = kExample;
    progress.total_steps = 7;
    for (progress.step = 1; progress.step <= 7; ++progress.step) printer.update(progress);
  }
  std::rewind(file);
  std::string seen;
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    const std::string text = line;
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.ends_with("412 MiB\n"));
    seen += text.substr(0, text.find("  ")) + ",";
  }
  std::fclose(file);
  CHECK(seen == "step 1/7,step 3/7,step 6/7,step 7/7,");
}

// What a terminal of `columns` receives for one update and finish.
std::string on_terminal(unsigned short columns) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(master >= 0);
  REQUIRE(grantpt(master) == 0);
  REQUIRE(unlockpt(master) == 0);
  const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  REQUIRE(slave >= 0);
  winsize size = {};
  size.ws_col = columns;
  REQUIRE(ioctl(slave, TIOCSWINSZ, &size) == 0);
  std::FILE* stream = fdopen(slave, "w");
  {
    ProgressPrinter printer(stream, 100);
    CHECK(printer.live());
    printer.update(kExample);
    printer.finish();
  }
  std::string received;
  char c = 0;
  while (!received.ends_with('\n') && read(master, &c, 1) == 1) received += c;
  std::fclose(stream);
  close(master);
  return received;
}

// A bare chroot has no pseudo-terminals.
bool has_terminals() {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0) return false;
  const char* name = grantpt(master) == 0 && unlockpt(master) == 0 ? ptsname(master) : nullptr;
  const bool usable = name != nullptr && access(name, R_OK | W_OK) == 0;
  close(master);
  return usable;
}

TEST_CASE("progress: a terminal gets one rewritten line that fits") {
  if (!has_terminals()) {
    MESSAGE("skipped: this system has no pseudo-terminals");
    return;
  }
  setenv("TERM", "xterm", 1);
  setenv("NO_COLOR", "1", 1);
  CHECK(on_terminal(34) == "\rstep 12/40  loss 3.2110  eta 0:42\x1b[K\r\n");
  CHECK(on_terminal(33) == "\rstep 12/40  loss 3.2110\x1b[K\r\n");
  setenv("COLUMNS", "12", 1);
  CHECK(on_terminal(0) == "\rstep 12/40\x1b[K\r\n");
  unsetenv("NO_COLOR");
  CHECK(on_terminal(34) == "\r\x1b[1mstep 12/40\x1b[0m  loss 3.2110  eta 0:42\x1b[K\r\n");
}

TEST_CASE("progress: logging_steps must be positive") {
  CHECK_THROWS_AS(ProgressPrinter(stderr, 0), Error);
}

}  // namespace
}  // namespace hone
