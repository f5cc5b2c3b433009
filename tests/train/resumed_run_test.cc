// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Whole runs that are ended anywhere and resumed.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/file_calls.h"
#include "kernels/core/parallel.h"
#include "tensor/allocator.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "train/checkpoint_folder.h"
#include "train/finetuning.h"
#include "train/output_lock.h"
#include "train/stop_signals.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizer = "data/quickstart";
constexpr int64_t kSteps = 6;  // with a checkpoint after every second

// Everything that a run leaves, so that the tests below need few lines.
class Runs {
 public:
  Runs() {
    std::string rows;
    for (int i = 0; i < 12; ++i)
      rows += R"({"question": "What follows )" + std::to_string(i) + R"(?", "answer": ")" +
              std::to_string(i + 1) + R"(."})" + "\n";
    write_file(dir_ / "rows.jsonl", rows);
    // Forked children must not miss the threads of a pool.
    kernels::set_num_threads(1);
  }

  TrainConfig config(const std::string& output) const {
    TrainConfig c;
    c.base_model.written = "random:quickstart";
    c.tokenizer_config.written = kTokenizer;
    c.tokenizer_config.path = kTokenizer;
    c.datasets.emplace_back().path.written = dir_ / "rows.jsonl";
    c.datasets.back().path.path = dir_ / "rows.jsonl";
    c.sequence_len = 48;
    c.adapter = AdapterKind::kLora;
    c.lora_r = 2;
    c.lora_target_modules.names = {"q_proj", "o_proj"};
    c.gradient_accumulation_steps = 2;
    c.max_steps = kSteps;
    c.learning_rate = 1e-2;
    c.save_steps = 2;
    c.output_dir = dir_ / output;
    return c;
  }

  // The path of something in the output folder.
  std::string in(const std::string& output, const std::string& name) const {
    return (dir_ / output) + "/" + name;
  }

  RunOutcome run(const TrainConfig& config) {
    std::FILE* out = std::tmpfile();
    const std::shared_ptr<std::FILE> closes(out, std::fclose);
    const RunOutcome outcome = run_finetuning({config, {}}, {fs::current_path(), {}}, out);
    std::rewind(out);
    printed.clear();
    for (int c = 0; (c = std::fgetc(out)) != EOF;) printed += static_cast<char>(c);
    return outcome;
  }

  RunOutcome resume(TrainConfig config) {
    config.resume_from_checkpoint.written = "auto";
    return run(config);
  }

  std::string adapter(const std::string& output) const {
    return read_file(in(output, "adapter/adapter_model.safetensors"), ErrorCode::kDisk);
  }

  // The steps in metrics.jsonl.
  std::vector<int64_t> steps(const std::string& output) const {
    std::vector<int64_t> found;
    std::ifstream lines(in(output, "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);)
      found.push_back(nlohmann::json::parse(line)["step"].get<int64_t>());
    return found;
  }

  const TemporaryDirectory& dir() const { return dir_; }
  std::string printed;  // by the last run

 private:
  TemporaryDirectory dir_;
};

const std::vector<int64_t> kAllSteps = {1, 2, 3, 4, 5, 6};

// The exit status of `f` in a process of its own.
template <class Function>
int in_child(Function f) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      f();
      ::_exit(0);
    } catch (const Error& e) {
      ::_exit(static_cast<int>(e.code()));
    } catch (...) {
      ::_exit(1);
    }
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// SIGKILL at the k-th call that changes a file, for every k until the run ends by itself. Sharded by
// k, for it takes a while.
TEST_CASE("resumed run: killed at every file-system call, it ends with the same bytes") {
  Runs runs;
  runs.run(runs.config("whole"));
  const std::string expected = runs.adapter("whole");
  const TrainConfig config = runs.config("killed");
  const char* stride_text = std::getenv("KILL_STRIDE");  // 1: every call
  const int64_t stride = stride_text != nullptr ? std::atoll(stride_text) : 7;
  int64_t killed = 0;
  for (int64_t k = 1;; k += stride) {
    fs::remove_all(config.output_dir);
    const int status = in_child([&] {
      int64_t calls = 0;
      const FileHookScope scope([&](const FileCall&) {
        if (++calls == k) ::kill(::getpid(), SIGKILL);
        return FileFault{};
      });
      runs.run(config);
    });
    if (status == 0) break;
    CHECK(status == 128 + SIGKILL);
    ++killed;
    CAPTURE(k);
    for (const auto& folder : fs::exists(config.output_dir) ? list_checkpoints(config.output_dir)
                                                            : std::vector<CheckpointFolder>())
      CHECK_NOTHROW(verify_checkpoint(folder.path));
    runs.resume(config);
    CHECK(runs.adapter("killed") == expected);
    CHECK(runs.steps("killed") == kAllSteps);
    for (const auto& entry : fs::directory_iterator(config.output_dir))
      CHECK(entry.path().string().find(".tmp-") == std::string::npos);
  }
  CHECK(killed * stride > 100);
  MESSAGE("killed at ", killed, " calls, every one resumed with equal bytes");
}

TEST_CASE("resumed run: a full disk ends the run with kDisk, and it goes on when there is room") {
  Runs runs;
  runs.run(runs.config("whole"));
  const TrainConfig config = runs.config("full disk");
  for (const int error : {ENOSPC, EIO}) {
    fs::remove_all(config.output_dir);
    // From the second checkpoint on nothing can be written.
    bool full = false;
    {
      const FileHookScope scope([&](const FileCall& call) {
        full |= call.path.find("checkpoint-4.tmp-") != std::string::npos &&
                call.kind == FileCall::Kind::kWrite;
        return FileFault{.error = full && call.kind == FileCall::Kind::kWrite ? error : 0};
      });
      check_contains(error_of(ErrorCode::kDisk, [&] { runs.run(config); }), "cannot write");
    }
    CHECK(list_checkpoints(config.output_dir).size() == 1);
    runs.resume(config);
    check_contains(runs.printed, "checkpoint-2");
    CHECK(runs.adapter("full disk") == runs.adapter("whole"));
  }
}

TEST_CASE("resumed run: a finished one is left as it is; a longer one goes on") {
  Runs runs;
  TrainConfig config = runs.config("out");
  config.lr_scheduler = LrSchedule::kConstant;
  const RunOutcome whole = runs.run(config);
  const auto written = fs::last_write_time(runs.in("out", "adapter/adapter_model.safetensors"));
  const RunOutcome again = runs.resume(config);
  check_contains(runs.printed, "nothing to do");
  CHECK(again.steps == whole.steps);
  CHECK(again.last_loss == whole.last_loss);
  CHECK(again.result == whole.result);
  CHECK(fs::last_write_time(runs.in("out", "adapter/adapter_model.safetensors")) == written);

  config.max_steps = kSteps + 2;
  runs.resume(config);
  check_contains(runs.printed, "the run had 6 steps and now has 8");
  TrainConfig longer = config;
  longer.output_dir = runs.dir() / "longer";
  runs.run(longer);
  CHECK(runs.adapter("out") == runs.adapter("longer"));
  // The result of another run in the folder: it is written anew from the last checkpoint.
  write_file(runs.in("out", "adapter/adapter_model.safetensors"), "other");
  runs.resume(config);
  CHECK(runs.adapter("out") == runs.adapter("longer"));

  config.max_steps = 2;
  check_contains(error_of(ErrorCode::kUsage, [&] { runs.resume(config); }),
                 "is after step 8, but the run has 2 steps");
}

TEST_CASE("resumed run: what differs and matters is listed; what may differ does not matter") {
  Runs runs;
  TrainConfig config = runs.config("out");
  config.max_steps = 3;
  runs.run(config);
  TrainConfig other = config;
  other.learning_rate = 0.02;
  other.lora_alpha = 5;
  other.logging_steps = 9;
  const std::string message = error_of(ErrorCode::kUsage, [&] { runs.resume(other); });
  check_contains(message, "checkpoint-3: belongs to a run that differs");
  check_contains(message, "learning_rate: 0.01 in the checkpoint, now 0.02");
  check_contains(message, "lora_alpha: 8 in the checkpoint, now 5");
  CHECK(message.find("logging_steps") == std::string::npos);

  // Other rows under the same name; the same rows under another.
  const std::string rows = read_file(runs.dir() / "rows.jsonl", ErrorCode::kDisk);
  write_file(runs.dir() / "rows.jsonl", rows.substr(0, rows.rfind("{")));
  check_contains(error_of(ErrorCode::kUsage, [&] { runs.resume(config); }),
                 "datasets: the tokenised examples are not those of the checkpoint");
  write_file(runs.dir() / "moved.jsonl", rows);
  other = config;
  other.datasets[0].path.written = other.datasets[0].path.path = runs.dir() / "moved.jsonl";
  other.gradient_checkpointing = true;
  other.max_steps = 4;
  runs.resume(other);
  CHECK(runs.steps("out") == std::vector<int64_t>{1, 2, 3, 4});
}

TEST_CASE("resumed run: a damaged checkpoint is passed over, said, and never deleted") {
  Runs runs;
  TrainConfig config = runs.config("out");
  runs.run(config);
  const std::string expected = runs.adapter("out");
  fs::remove_all(runs.in("out", "checkpoint-6"));
  write_file(runs.in("out", "checkpoint-4/optimizer.safetensors"), "damaged");
  runs.resume(config);
  check_contains(runs.printed, "checkpoint-4 is damaged and was passed over");
  check_contains(runs.printed, "from " + runs.in("out", "checkpoint-2"));
  CHECK(runs.adapter("out") == expected);
  CHECK(runs.steps("out") == kAllSteps);
  CHECK(read_file(runs.in("out", "earlier-1/checkpoint-4/optimizer.safetensors"),
                  ErrorCode::kDisk) == "damaged");
  CHECK_NOTHROW(verify_checkpoint(runs.in("out", "checkpoint-4")));

  config.resume_from_checkpoint.written = config.resume_from_checkpoint.path =
      runs.in("out", "earlier-1/checkpoint-4");
  check_contains(error_of(ErrorCode::kModel, [&] { runs.run(config); }), "optimizer.safetensors");
}

TEST_CASE("resumed run: from a given checkpoint, also into another folder") {
  Runs runs;
  TrainConfig config = runs.config("out");
  runs.run(config);
  const std::string expected = runs.adapter("out");
  config.resume_from_checkpoint.written = config.resume_from_checkpoint.path =
      runs.in("out", "checkpoint-2");
  config.output_dir = runs.dir() / "elsewhere";
  runs.run(config);
  CHECK(runs.adapter("elsewhere") == expected);
  CHECK(runs.steps("elsewhere") == kAllSteps);
  CHECK(runs.steps("out") == kAllSteps);
  config.output_dir = runs.dir() / "out";
  runs.run(config);
  check_contains(runs.printed, "earlier-1");
  CHECK(fs::exists(runs.in("out", "earlier-1/checkpoint-6")));
  CHECK(runs.steps("out") == kAllSteps);
  CHECK(runs.adapter("out") == expected);
}

TEST_CASE("resumed run: a new run in a used folder mixes nothing up") {
  Runs runs;
  TrainConfig config = runs.config("out");
  runs.run(config);
  config.seed = 8;
  runs.run(config);
  CHECK(fs::exists(runs.in("out", "earlier-1/checkpoint-2")));
  CHECK(fs::exists(runs.in("out", "earlier-1/metrics.jsonl")));
  CHECK(runs.steps("out") == kAllSteps);
  runs.resume(config);
  check_contains(runs.printed, "nothing to do");
  // auto with nothing to resume from begins at the beginning, and says so.
  config.output_dir = runs.dir() / "fresh";
  runs.resume(config);
  check_contains(runs.printed, "no checkpoint to resume from");
  CHECK(runs.adapter("fresh") == runs.adapter("out"));
}

TEST_CASE("resumed run: save_total_limit keeps the newest, and what it does not know") {
  Runs runs;
  TrainConfig config = runs.config("out");
  config.save_steps = 1;
  config.save_total_limit = 2;
  config.max_steps = 2;
  runs.run(config);
  write_file(runs.in("out", "checkpoint-1/notes.txt"), "mine");
  config.max_steps = kSteps;
  runs.resume(config);
  std::vector<int64_t> kept;
  for (const auto& folder : list_checkpoints(config.output_dir)) kept.push_back(folder.step);
  CHECK(kept == std::vector<int64_t>{6, 5, 1});
}

TEST_CASE("resumed run: save_only_model leaves adapters, which cannot be resumed") {
  Runs runs;
  TrainConfig config = runs.config("out");
  config.save_only_model = true;
  config.max_steps = 2;
  runs.run(config);
  CHECK(fs::exists(runs.in("out", "checkpoint-2/adapter/adapter_config.json")));
  CHECK_FALSE(fs::exists(runs.in("out", "checkpoint-2/weights.safetensors")));
  runs.resume(config);
  check_contains(runs.printed, "holds the model alone");
  check_contains(runs.printed, "starts at the beginning");
}

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
