// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/dispatch.h"

#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernels/core/launch_trace.h"

namespace hone::kernels {

struct LaunchRecorder {
  static thread_local LaunchTrace* current;
  static void record(const void* place) {
    if (current == nullptr) return;
    current->launches_.push_back(place);
    current->times_.push_back(std::chrono::steady_clock::now());
  }
};
thread_local LaunchTrace* LaunchRecorder::current = nullptr;

namespace {

Isa best_isa() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return Isa::v4;
  if (__builtin_cpu_supports("x86-64-v3")) return Isa::v3;
#endif
  return Isa::v1;
}

void check_runs_here(Isa isa) {
  if (isa > best_isa())
    fail(ErrorCode::kUsage, "this processor has no x86-64-v", static_cast<int>(isa),
         "; the best it runs is v", static_cast<int>(best_isa()));
}

Isa initial_isa() {
  const char* wish = std::getenv("HONE_CPU_ISA");
  if (wish == nullptr) return best_isa();
  const std::string name = wish;
  const Isa isa = name == "v4" ? Isa::v4 : name == "v3" ? Isa::v3 : Isa::v1;
  if (isa == Isa::v1 && name != "v1")
    fail(ErrorCode::kUsage, "HONE_CPU_ISA=", name, ": expected v1, v3 or v4");
  check_runs_here(isa);
  return isa;
}

std::atomic<Isa>& chosen_isa() {
  static std::atomic<Isa> isa = initial_isa();
  return isa;
}

}  // namespace

// visit_device asks once for each launch, from the code that launches.
Isa cpu_isa() {
  LaunchRecorder::record(__builtin_return_address(0));
  return chosen_isa().load(std::memory_order_relaxed);
}

LaunchTrace::LaunchTrace() {
  check(LaunchRecorder::current == nullptr, "launch trace: another one is being recorded");
  LaunchRecorder::current = this;
}

LaunchTrace::~LaunchTrace() { LaunchRecorder::current = nullptr; }

void set_cpu_isa(Isa isa) {
  check_runs_here(isa);
  chosen_isa() = isa;
}

}  // namespace hone::kernels
