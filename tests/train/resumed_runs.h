// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Whole runs of a few steps, to be ended anywhere and resumed.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/file.h"
#include "kernels/core/parallel.h"
#include "tests/data/temporary_directory.h"
#include "train/finetuning.h"

namespace hone::test {

inline constexpr const char* kTokenizer = "data/quickstart";
inline constexpr int64_t kSteps = 6;  // with a checkpoint after every second

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
    const RunOutcome outcome =
        run_finetuning({config, {}}, {std::filesystem::current_path(), {}}, out);
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

inline const std::vector<int64_t> kAllSteps = {1, 2, 3, 4, 5, 6};

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

}  // namespace hone::test
