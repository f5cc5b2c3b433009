// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Runs that end by themselves, or are told to: signals, memory, another process.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "data/file_calls.h"
#include "tensor/allocator.h"
#include "tests/data/error_of.h"
#include "tests/train/resumed_runs.h"
#include "train/checkpoint_folder.h"
#include "train/output_lock.h"
#include "train/stop_signals.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
using namespace test;

TEST_CASE("resumed run: two processes do not share a folder") {
  Runs runs;
  const TrainConfig config = runs.config("out");
  fs::create_directories(config.output_dir);
  const OutputLock lock(config.output_dir);
  CHECK(in_child([&] { runs.run(config); }) == 2);
  CHECK_FALSE(fs::exists(runs.in("out", "metrics.jsonl")));
  check_contains(error_of(ErrorCode::kUsage, [&] { runs.run(config); }),
                 "process " + std::to_string(::getpid()) + " is training into this folder");
}

// As right after kill -9: the lock is held until the system has taken the process down.
TEST_CASE("resumed run: a lock that is let go soon is waited for") {
  const TemporaryDirectory dir;
  auto dying = std::make_unique<OutputLock>(dir.path());
  std::thread death([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    dying.reset();
  });
  CHECK_NOTHROW(OutputLock(dir.path()));
  death.join();
}

// Signals reach a child when its n-th line of metrics is written.
TEST_CASE("resumed run: a signal saves the state, whichever step it meets") {
  Runs runs;
  runs.run(runs.config("whole"));
  TrainConfig config = runs.config("stopped");
  config.save_strategy = StepStrategy::kNo;
  config.save_steps.reset();
  const std::pair<int, int> signals[] = {
      {SIGINT, 130}, {SIGTERM, 143}, {SIGUSR1, 143}, {SIGHUP, 129}};
  int64_t step = 0;
  for (const auto& [signal, code] : signals) {
    fs::remove_all(config.output_dir);
    ++step;
    const int number = signal;
    const int status = in_child([&] {
      const StopSignals handlers;
      int64_t lines = 0;
      const FileHookScope scope([&](const FileCall& call) {
        if (call.path.ends_with("metrics.jsonl") && call.kind == FileCall::Kind::kWrite &&
            ++lines == step)
          ::raise(number);
        return FileFault{};
      });
      const RunOutcome outcome = runs.run(config);
      ::_exit(outcome.signal == 0 ? 0 : exit_code_of_signal(outcome.signal));
    });
    CHECK(status == code);
    CHECK(fs::exists(runs.in("stopped", checkpoint_name(step))));
    runs.resume(config);
    CHECK(runs.adapter("stopped") == runs.adapter("whole"));
    CHECK(runs.steps("stopped") == kAllSteps);
  }
}

TEST_CASE("resumed run: a signal while the result is written lets it be finished") {
  Runs runs;
  runs.run(runs.config("whole"));
  TrainConfig config = runs.config("stopped");
  config.save_strategy = StepStrategy::kNo;
  config.save_steps.reset();
  const int status = in_child([&] {
    const StopSignals handlers;
    bool sent = false;
    const FileHookScope scope([&](const FileCall& call) {
      if (!sent && call.path.find("/stopped/adapter") != std::string::npos) {
        sent = true;
        ::raise(SIGTERM);
      }
      return FileFault{};
    });
    const RunOutcome outcome = runs.run(config);
    ::_exit(outcome.signal == 0 ? 0 : exit_code_of_signal(outcome.signal));
  });
  CHECK(status == 143);
  CHECK(runs.adapter("stopped") == runs.adapter("whole"));
  CHECK(fs::exists(runs.in("stopped", "result.json")));
}

TEST_CASE("resumed run: a second signal ends the process at once, the first one before the steps") {
  Runs runs;
  const TrainConfig config = runs.config("out");
  CHECK(in_child([&] {
          const StopSignals handlers;
          const FileHookScope scope([&](const FileCall& call) {
            if (call.path.find("checkpoint-2.tmp-") != std::string::npos) ::raise(SIGTERM);
            return FileFault{};
          });
          runs.run(config);
        }) == 143);
  CHECK(list_checkpoints(config.output_dir).empty());
  CHECK(in_child([] {
          const StopSignals handlers;
          ::raise(SIGINT);
        }) == 130);
  CHECK(in_child([] {
          const StopSignals handlers;
          ::raise(SIGPIPE);
        }) == 0);
}

TEST_CASE("resumed run: a signal that ends the process at once says why") {
  Runs runs;
  const TrainConfig config = runs.config("out");
  const std::string errors = runs.dir() / "errors";
  // What the child says on standard error. It gets `signal` when it writes a file of such a name.
  const auto said = [&](const char* name, int signal) {
    CHECK(in_child([&] {
            const int file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
            ::dup2(file, STDERR_FILENO);
            const StopSignals handlers;
            const FileHookScope scope([&](const FileCall& call) {
              if (call.path.find(name) != std::string::npos) ::raise(signal);
              return FileFault{};
            });
            runs.run(config);
          }) == exit_code_of_signal(signal));
    return read_file(errors, ErrorCode::kDisk);
  };
  // The plan is written before the header is printed.
  check_contains(said("/plan.json", SIGINT), "before the first step: there is nothing to save");
  check_contains(said("checkpoint-2.tmp-", SIGTERM), "the state is being saved");
  check_contains(said("checkpoint-4.tmp-", SIGTERM), "the last checkpoint stays as it is");
  check_contains(said("/out/adapter", SIGTERM), "a second signal ends the program at once");
}

TEST_CASE(
    "resumed run: a limit on the size of files fails a save, and the checkpoint before stays") {
  Runs runs;
  runs.run(runs.config("whole"));
  const TrainConfig config = runs.config("out");
  const int status = in_child([&] {
    const StopSignals handlers;
    const FileHookScope scope([&](const FileCall& call) {
      const rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};  // bytes
      if (call.path.find("checkpoint-4.tmp-") != std::string::npos)
        ::setrlimit(RLIMIT_FSIZE, &limit);
      return FileFault{};
    });
    const std::string message = error_of(ErrorCode::kDisk, [&] { runs.run(config); });
    ::_exit(message.find("(ulimit -f)") == std::string::npos ? 1 : 8);
  });
  CHECK(status == 8);
  const std::vector<CheckpointFolder> left = list_checkpoints(config.output_dir);
  REQUIRE(left.size() == 1);
  CHECK(left[0].step == 2);
  runs.resume(config);
  check_contains(runs.printed, "checkpoint-2");
  CHECK(runs.adapter("out") == runs.adapter("whole"));
}

TEST_CASE("resumed run: memory that runs out in a step leaves a checkpoint of the step before") {
  Runs runs;
  runs.run(runs.config("whole"));
  const TrainConfig config = runs.config("out");
  int64_t lines = 0;
  {
    const FileHookScope scope([&](const FileCall& call) {
      const bool metrics = call.path.ends_with("metrics.jsonl");
      if (metrics && call.kind == FileCall::Kind::kWrite && ++lines == 3) {
        release_step_arena(kCpu);
        set_memory_cap(kCpu, memory_stats(kCpu).live + 1000);
      }
      return FileFault{};
    });
    const std::string message = error_of(ErrorCode::kOutOfMemory, [&] { runs.run(config); });
    check_contains(message, "the state after step 3 is saved in");
  }
  set_memory_cap(kCpu, 0);
  release_step_arena(kCpu);
  runs.resume(config);
  check_contains(runs.printed, "checkpoint-3");
  CHECK(runs.adapter("out") == runs.adapter("whole"));
}

TEST_CASE("resumed run: the watchdog stops a run that has left the rails") {
  Runs runs;
  TrainConfig config = runs.config("out");
  config.loss_watchdog_threshold = 0.5;
  config.loss_watchdog_patience = 3;
  const std::string message = error_of(ErrorCode::kNonFinite, [&] { runs.run(config); });
  check_contains(message, "step 3: the loss is ");
  check_contains(message, "loss_watchdog_threshold");
  config.loss_watchdog_threshold = 100;
  CHECK(runs.run(config).steps == kSteps);
}

}  // namespace
}  // namespace hone
