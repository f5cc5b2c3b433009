// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Signals that ask a run to stop.
//
//   SIGINT, SIGTERM        the micro batch at hand is finished, the state saved, and the program ends
//   SIGUSR1                the same: what Slurm sends ahead of a time limit (--signal=USR1@60)
//   SIGHUP                 the same, unless it was ignored at the start (nohup)
//   a second one of these  ends the program at once; the last checkpoint stays as it is
//   SIGPIPE                ignored: a reader of the output that goes away does not end a training
//   SIGXFSZ                ignored: a file that would pass ulimit -f is then a write that fails
//
// Exit codes: 130 after SIGINT, 129 after SIGHUP, 143 after SIGTERM and SIGUSR1.
#pragma once

namespace hone {

// Installs the handlers; the old ones return when it goes. One at a time. Until a StopScope exists
// there is no state to save, and the first signal already ends the program; likewise after the last
// one. Each time standard error says which it was.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};

// While it exists a first signal only sets stop_signal(): somebody looks at that.
class StopScope {
 public:
  StopScope();
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;
};

// The signal that asked the program to stop; 0 so far none.
int stop_signal();

// The exit code for a run that stopped for `signal`.
int exit_code_of_signal(int signal);

}  // namespace hone
