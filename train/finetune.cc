// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The main program: see command_line.h.
#include <cstdio>
#include <filesystem>
#include <new>

#include "data/printable.h"
#include "train/command_line.h"
#include "train/explain_key.h"
#include "train/finetuning.h"
#include "train/stop_signals.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kQuickstart = "train/examples/quickstart.yaml";

// Where the files of this repository are, beside what find_path_roots knows: a program that was
// copied together with its runfiles still finds them.
PathRoots roots_of(const std::string& program) {
  PathRoots roots = find_path_roots(program);
  const fs::path runfiles = fs::absolute(program + ".runfiles") / "hone";
  std::error_code ignored;
  if (fs::is_directory(runfiles, ignored)) roots.workspace_roots.push_back(runfiles);
  return roots;
}

std::string quickstart_config(const PathRoots& roots) {
  for (const fs::path& root : roots.workspace_roots) {
    std::error_code ignored;
    if (fs::is_regular_file(root / kQuickstart, ignored)) return (root / kQuickstart).string();
  }
  fail(ErrorCode::kUsage, "the built-in example needs ", kQuickstart,
       ", which lies in hone's repository; start the program from there, or give a configuration "
       "file (--help)");
}

// Returns the exit code.
int run(const std::vector<std::string>& arguments, const std::string& program) {
  CommandLine command_line = parse_command_line(arguments);
  if (command_line.help) {
    std::fputs(help_text().c_str(), stdout);
    return 0;
  }
  if (command_line.explain) {
    std::fputs(command_line.explain_key.empty() ? explain_groups().c_str()
                                                : explain_key(command_line.explain_key).c_str(),
               stdout);
    return 0;
  }
  const StopSignals signals;
  const PathRoots roots = roots_of(program);
  if (is_quickstart(command_line)) command_line.config_path = quickstart_config(roots);
  const RunOutcome outcome = run_finetuning(load_config(command_line, roots), roots, stdout);
  return outcome.signal == 0 ? 0 : exit_code_of_signal(outcome.signal);
}

int report(ErrorCode code, const char* message) {
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n", printable_lines(message).c_str());
  return static_cast<int>(code);
}

}  // namespace
}  // namespace hone

int main(int argc, char** argv) {
  try {
    return hone::run({argv + 1, argv + argc}, argv[0]);
  } catch (const hone::Error& e) {
    return hone::report(e.code(), e.what());
  } catch (const std::bad_alloc&) {
    return hone::report(hone::ErrorCode::kOutOfMemory, "the system has no memory left");
  } catch (const std::exception& e) {
    return hone::report(hone::ErrorCode::kInternal, e.what());
  }
}
