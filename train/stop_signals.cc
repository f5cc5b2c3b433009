// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "tensor/check.h"

namespace hone {
namespace {

constexpr std::array kStopping = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};
constexpr std::array kIgnored = {SIGPIPE, SIGXFSZ};

// Lock-free, so that a handler may use them whichever thread it runs on.
std::atomic<int> received{0};
std::atomic<bool> somebody_looks{false};
std::atomic<bool> somebody_looked{false};  // and no longer does
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

struct Saved {
  std::array<struct sigaction, kStopping.size()> stopping;
  std::array<struct sigaction, kIgnored.size()> ignored;
  bool installed = false;
};
Saved saved;

template <size_t N>
void print(const char (&text)[N]) {
  (void)!::write(STDERR_FILENO, text, N - 1);
}

void handle(int signal) {
  const int error = errno;
  int none = 0;
  if (!somebody_looks || !received.compare_exchange_strong(none, signal)) {
    if (none != 0)
      print("\nended at once; the last checkpoint stays as it is\n");
    else if (somebody_looked)
      print("\nended after the result was written\n");
    else
      print("\nended before the first step: there is nothing to save\n");
    ::_exit(exit_code_of_signal(signal));
  }
  print("\nstopping: the state is being saved; a second signal ends the program at once\n");
  errno = error;
}

}  // namespace

StopSignals::StopSignals() {
  check(!saved.installed, "stop signals: installed already");
  received = 0;
  somebody_looked = false;
  struct sigaction action = {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kStopping.size(); ++i) {
    ::sigaction(kStopping[i], nullptr, &saved.stopping[i]);
    // nohup. A shell ignores SIGINT for jobs in the background, but who sends it means it.
    const bool keep = kStopping[i] == SIGHUP && saved.stopping[i].sa_handler == SIG_IGN;
    if (!keep) ::sigaction(kStopping[i], &action, nullptr);
  }
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  for (size_t i = 0; i < kIgnored.size(); ++i) ::sigaction(kIgnored[i], &ignore, &saved.ignored[i]);
  saved.installed = true;
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < kStopping.size(); ++i)
    ::sigaction(kStopping[i], &saved.stopping[i], nullptr);
  for (size_t i = 0; i < kIgnored.size(); ++i) ::sigaction(kIgnored[i], &saved.ignored[i], nullptr);
  saved.installed = false;
}

StopScope::StopScope() { somebody_looks = true; }
StopScope::~StopScope() {
  somebody_looked = true;
  somebody_looks = false;
}

int stop_signal() { return received; }

int exit_code_of_signal(int signal) { return 128 + (signal == SIGUSR1 ? SIGTERM : signal); }

}  // namespace hone
