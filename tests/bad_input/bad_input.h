// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Malformed files and what must come of each: one row per file, numbered. The tables are
// *_rows.cc; bad_input_test.cc runs every row in a process of its own and checks
//
//   the outcome   the exit code, and the whole message, or that the file is accepted
//   no hang       kCpuSeconds of processor time, kWallSeconds for anything that blocks
//   memory        the process grows by at most kMaxGrowth beyond the bytes of its files
//   no crash      and, in a sanitized build, no report, leaks included
//
// The unit tests of each parser go through the variants of a row; here is one of each kind, from
// the file on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tensor/check.h"

namespace hone::bad_input {

struct Row {
  std::string id;    // the number, and letters for its variants: "16b"
  std::string what;  // is wrong with it
  int exit_code = 0;
  // The whole message; DIR is the folder of the files. Empty when the file is accepted.
  std::string message;
  // Writes the files into `dir` and reads them, as the program would.
  std::function<void(const std::string& dir)> run;
};

using Rows = std::vector<Row>;

inline constexpr int kUsage = static_cast<int>(ErrorCode::kUsage);
inline constexpr int kDataset = static_cast<int>(ErrorCode::kDataset);
inline constexpr int kModel = static_cast<int>(ErrorCode::kModel);

Rows safetensors_rows();  // 1 to 22
Rows directory_rows();    // 23 to 31
Rows config_rows();       // 32 to 38
Rows tokenizer_rows();    // 39 to 46
Rows template_rows();     // 47 to 53
Rows dataset_rows();      // 54 to 62
Rows yaml_rows();         // 63 to 66
Rows adapter_rows();      // A1 to A8

}  // namespace hone::bad_input
