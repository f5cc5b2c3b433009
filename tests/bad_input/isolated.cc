// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/bad_input/isolated.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>

#include "tensor/check.h"

#ifdef __SANITIZE_ADDRESS__
// Memory that was freed counts as used while it is in AddressSanitizer's quarantine.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=8"; }
#endif

namespace hone::bad_input {
namespace {

int64_t largest_resident_bytes() {
  struct rusage usage;
  check(::getrusage(RUSAGE_SELF, &usage) == 0, "getrusage");
  return int64_t{usage.ru_maxrss} << 10;
}

void write_all(int fd, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n <= 0) std::_Exit(EXIT_FAILURE);
    done += static_cast<size_t>(n);
  }
}

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t n;
  while ((n = ::read(fd, buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<size_t>(n));
  return text;
}

// In the new process. Sends "<exit code> <bytes grown>\n<message>".
[[noreturn]] void run_and_report(const std::function<void()>& f, int report) {
  const struct rlimit cpu = {kCpuSeconds, kCpuSeconds + 1};
  const struct rlimit no_core = {0, 0};
  check(::setrlimit(RLIMIT_CPU, &cpu) == 0 && ::setrlimit(RLIMIT_CORE, &no_core) == 0, "setrlimit");
  ::alarm(kWallSeconds);
  ::signal(SIGABRT, SIG_DFL);  // doctest's handler would report a failure of the test program
  const int64_t before = largest_resident_bytes();
  int exit_code = 0;
  std::string message;
  try {
    f();
  } catch (const Error& e) {
    exit_code = static_cast<int>(e.code());
    message = e.what();
  } catch (const std::exception& e) {
    exit_code = static_cast<int>(ErrorCode::kInternal);
    message = e.what();
  }
  write_all(report, std::to_string(exit_code) + " " +
                        std::to_string(largest_resident_bytes() - before) + "\n" + message);
  ::close(report);
  std::exit(0);  // LeakSanitizer reports here
}

}  // namespace

Outcome run_isolated(const std::function<void()>& f) {
  int ends[2];
  check(::pipe(ends) == 0, "pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  check(child >= 0, "fork");
  if (child == 0) {
    ::close(ends[0]);
    run_and_report(f, ends[1]);
  }
  ::close(ends[1]);
  const std::string report = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  check(::waitpid(child, &status, 0) == child, "waitpid");

  Outcome outcome;
  const size_t line = report.find('\n');
  if (WIFSIGNALED(status)) {
    outcome.message = std::string("killed: ") + ::strsignal(WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0 || line == std::string::npos) {
    outcome.message = "a sanitizer's report, status " + std::to_string(WEXITSTATUS(status));
  } else {
    outcome.ended = true;
    long long grown = 0;
    std::sscanf(report.c_str(), "%d %lld", &outcome.exit_code, &grown);
    outcome.grown_bytes = grown;
    outcome.message = report.substr(line + 1);
  }
  return outcome;
}

int64_t bytes_in(const std::string& directory) {
  int64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (!entry.is_symlink() && entry.is_regular_file())
      bytes += static_cast<int64_t>(entry.file_size());
  return bytes;
}

}  // namespace hone::bad_input
