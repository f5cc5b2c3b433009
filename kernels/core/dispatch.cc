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
  static void record(const void* place, Device device) {
    if (current == nullptr) return;
    current->launches_.push_back(place);
    current->marks_.push_back(LaunchTrace::Mark::now(device));
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
  LaunchRecorder::record(__builtin_return_address(0), kCpu);
  return chosen_isa().load(std::memory_order_relaxed);
}

Cuda cuda_device(Device device) {
  LaunchRecorder::record(__builtin_return_address(0), device);
  return {gpu_stream(device)};
}

LaunchTrace::Mark LaunchTrace::Mark::now(Device device) {
  Mark mark{device, std::chrono::steady_clock::now(), std::nullopt};
  if (device.type == DeviceType::cuda) mark.gpu.emplace(device);
  return mark;
}

double LaunchTrace::Mark::seconds_since(const Mark& earlier) const {
  if (gpu && earlier.gpu) return gpu->seconds_since(*earlier.gpu);
  return std::chrono::duration<double>(host - earlier.host).count();
}

std::vector<double> LaunchTrace::seconds() const {
  std::vector<double> seconds;
  if (marks_.empty()) return seconds;
  const Mark end = Mark::now(marks_.front().device);
  for (size_t i = 0; i < marks_.size(); ++i) {
    const Mark& next = i + 1 < marks_.size() ? marks_[i + 1] : end;
    check(next.device == end.device, "launch trace: launches on ", name_of(next.device), " and ",
          name_of(end.device));
    seconds.push_back(next.seconds_since(marks_[i]));
  }
  return seconds;
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
