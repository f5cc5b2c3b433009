// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Whole runs that are ended anywhere and resumed.
#include <doctest/doctest.h>
#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "data/file_calls.h"
#include "tests/data/error_of.h"
#include "tests/train/resumed_runs.h"
#include "train/checkpoint_folder.h"
#include "train/manifest.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
using namespace test;

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
  other.cosine_min_lr_ratio = 0.1;
  other.lora_target_modules.names.clear();
  other.lora_target_linear = true;
  const std::string message = error_of(ErrorCode::kUsage, [&] { runs.resume(other); });
  check_contains(message, "checkpoint-3: belongs to a run that differs");
  check_contains(message, "learning_rate: 0.01 in the checkpoint, now 0.02");
  check_contains(message, "lora_alpha: 8 in the checkpoint, now 5");
  check_contains(message, "cosine_min_lr_ratio: (not set) in the checkpoint, now 0.1");
  check_contains(message, "lora_target_modules: [q_proj, o_proj] in the checkpoint, now (not set)");
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

TEST_CASE("resumed run: a key that a checkpoint does not know has its default there") {
  Runs runs;
  const TrainConfig config = runs.config("out");
  runs.run(config);
  const std::string expected = runs.adapter("out");
  for (const char* name : {"checkpoint-6", "adapter"}) fs::remove_all(runs.in("out", name));
  // As if these keys had been added since.
  const fs::path checkpoint = runs.in("out", "checkpoint-4");
  Manifest manifest = read_manifest(checkpoint);
  for (const char* key : {"max_grad_norm", "cosine_min_lr_ratio", "lora_dropout", "seed"})
    REQUIRE(manifest.run.config.erase(key) == 1);
  write_file((checkpoint / kManifestName).string(), manifest_text(manifest));
  TrainConfig other = config;
  other.max_grad_norm = 0.5;
  other.cosine_min_lr_ratio = 0.1;
  const std::string message = error_of(ErrorCode::kUsage, [&] { runs.resume(other); });
  check_contains(message, "max_grad_norm: not known in the checkpoint, now 0.5");
  check_contains(message, "cosine_min_lr_ratio: not known in the checkpoint, now 0.1");
  CHECK(message.find("lora_dropout") == std::string::npos);
  CHECK(message.find("seed") == std::string::npos);
  runs.resume(config);
  check_contains(runs.printed, "checkpoint-4");
  CHECK(runs.adapter("out") == expected);
  CHECK(runs.steps("out") == kAllSteps);

  // One that is known there and no longer here matters.
  fs::remove_all(runs.in("out", "checkpoint-6"));
  manifest.run.config["momentum"] = "0.9";
  write_file((checkpoint / kManifestName).string(), manifest_text(manifest));
  check_contains(error_of(ErrorCode::kUsage, [&] { runs.resume(config); }),
                 "momentum: 0.9 in the checkpoint, now not known");
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

TEST_CASE("resumed run: a new run keeps the result of the one before, also without checkpoints") {
  Runs runs;
  TrainConfig config = runs.config("out");
  config.save_strategy = StepStrategy::kNo;
  config.save_steps.reset();
  // A folder that happens to have the name is nobody's result.
  make_directories(runs.in("out", "model"));
  runs.run(config);
  CHECK(runs.printed.find("earlier") == std::string::npos);
  CHECK(fs::exists(runs.in("out", "model")));
  const std::string first = runs.adapter("out");
  const std::string result = read_file(runs.in("out", "result.json"), ErrorCode::kDisk);
  const std::string plan = read_file(runs.in("out", "plan.json"), ErrorCode::kDisk);

  config.seed = 8;
  config.dry_run = true;
  runs.run(config);
  check_contains(runs.printed, "output_dir holds a run, whose plan.json");
  CHECK(read_file(runs.in("out", "plan.json"), ErrorCode::kDisk) == plan);

  config.dry_run = false;
  runs.run(config);
  check_contains(runs.printed, "output_dir held an earlier run, which is now in ");
  check_contains(runs.printed, "resume_from_checkpoint=auto");
  CHECK(runs.adapter("out") != first);
  CHECK(runs.adapter("out/earlier-1") == first);
  CHECK(read_file(runs.in("out", "earlier-1/result.json"), ErrorCode::kDisk) == result);
  for (const char* name : {"metrics.jsonl", "config.resolved.yaml", "plan.json", "result.svg"})
    CHECK(fs::exists(runs.in("out/earlier-1", name)));
}

TEST_CASE("resumed run: a new run in a used folder mixes nothing up") {
  Runs runs;
  TrainConfig config = runs.config("out");
  runs.run(config);
  config.seed = 8;
  runs.run(config);
  CHECK(fs::exists(runs.in("out", "earlier-1/checkpoint-2")));
  CHECK(fs::exists(runs.in("out", "earlier-1/metrics.jsonl")));
  check_contains(runs.printed, "output_dir held an earlier run, which is now in ");
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

TEST_CASE("resumed run: save_total_limit keeps the last checkpoint that can be resumed") {
  Runs runs;
  TrainConfig config = runs.config("out");
  config.max_steps = 2;
  runs.run(config);
  config.save_only_model = true;
  config.save_steps = 1;
  config.save_total_limit = 1;
  config.max_steps = 5;
  runs.resume(config);
  std::vector<int64_t> kept;
  for (const auto& folder : list_checkpoints(config.output_dir)) kept.push_back(folder.step);
  CHECK(kept == std::vector<int64_t>{5, 2});
  CHECK(verify_checkpoint(runs.in("out", "checkpoint-2")).manifest.resumable);
}

// A checkpoint of a step whose metrics are lost with the power would leave a gap in them.
TEST_CASE("resumed run: metrics are on the disk before the checkpoint of their steps") {
  Runs runs;
  const TrainConfig config = runs.config("out");
  bool written = false;  // since the last fsync
  int64_t checkpoints = 0;
  {
    const FileHookScope scope([&](const FileCall& call) {
      const bool metrics = call.path.ends_with("/metrics.jsonl");
      if (metrics && call.kind == FileCall::Kind::kWrite) written = true;
      if (metrics && call.kind == FileCall::Kind::kSync) written = false;
      if (call.kind == FileCall::Kind::kRename &&
          call.target.find("/checkpoint-") != std::string::npos &&
          call.target.find(".tmp-") == std::string::npos) {
        ++checkpoints;
        CHECK_FALSE(written);
      }
      return FileFault{};
    });
    runs.run(config);
  }
  CHECK(checkpoints == 3);
}

TEST_CASE("resumed run: older checkpoints stay while the newest one is damaged") {
  Runs runs;
  TrainConfig config = runs.config("out");
  config.save_steps = 1;
  config.max_steps = 3;
  runs.run(config);
  const std::string weights = runs.in("out", "checkpoint-3/weights.safetensors");
  std::string bytes = read_file(weights, ErrorCode::kDisk);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file(weights, bytes);
  check_contains(
      error_of(ErrorCode::kDisk, [&] { remove_old_checkpoints(config.output_dir, 1, 0); }),
      "older checkpoints are kept");
  CHECK(list_checkpoints(config.output_dir).size() == 3);
}

}  // namespace
}  // namespace hone
