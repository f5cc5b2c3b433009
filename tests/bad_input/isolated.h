// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Runs something that may hang, crash or take all memory in a process of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace hone::bad_input {

// Sanitized code is slower and larger by about these factors.
#ifdef __SANITIZE_ADDRESS__
inline constexpr int kSlower = 5, kLarger = 3;
#else
inline constexpr int kSlower = 1, kLarger = 1;
#endif

inline constexpr int kCpuSeconds = 2 * kSlower;
inline constexpr int kWallSeconds = 60;  // for what blocks: the machine may be busy
inline constexpr int64_t kMaxGrowth = (int64_t{256} << 20) * kLarger;

struct Outcome {
  bool ended = false;  // by itself and in time; the message says what happened if not
  int exit_code = 0;
  std::string message;
  int64_t grown_bytes = 0;  // largest resident size minus that at the start
};

// Calls `f` in a forked process. Requires: this process has no other threads.
Outcome run_isolated(const std::function<void()>& f);

// Bytes of all files in a folder (of sparse ones, their length).
int64_t bytes_in(const std::string& directory);

}  // namespace hone::bad_input
