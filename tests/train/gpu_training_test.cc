// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Training on a GPU: the same numbers as on the CPU, the same bits each time, and a host that never
// waits.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tensor/allocator.h"
#include "tests/data/temporary_directory.h"
#include "tests/support/on_gpu.h"
#include "tests/train/tiny_run.h"
#include "train/checkpoint_folder.h"

namespace hone {
namespace {

using test::kGpu;
using test::TinyKind;
using test::TinyRun;
using test::Training;

constexpr Training kTrainings[] = {Training::kLora, Training::kQlora, Training::kFull};

std::string name_of(const TinyKind& kind) {
  const char* training[] = {"LoRA", "QLoRA", "full"};
  return std::string(training[static_cast<int>(kind.training)]) + (kind.packing ? ", packed" : "") +
         (kind.eight_bit ? ", 8-bit moments" : "") + ", accumulation " +
         std::to_string(kind.accumulation) + ", " + hone::name_of(kind.dtype);
}

std::vector<TinyKind> kinds() {
  std::vector<TinyKind> all;
  for (const Training training : kTrainings)
    for (const DType dtype : {DType::f32, DType::bf16})
      for (const bool packing : {false, true})
        all.push_back({.training = training,
                       .packing = packing,
                       .accumulation = packing ? 3 : 1,
                       .eight_bit = packing,
                       .device = kGpu,
                       .dtype = dtype});
  return all;
}

TEST_CASE("cuda: losses of a training are those of the CPU") {
  if (!test::have_gpu()) return;
  for (const Training training : kTrainings) {
    // Larger steps let any difference grow, until a token chooses another expert.
    TinyKind kind = {.training = training,
                     .packing = true,
                     .accumulation = 2,
                     .learning_rate = 0.002,
                     .device = kGpu};
    CAPTURE(name_of(kind));
    TinyRun gpu(kind);
    kind.device = kCpu;
    TinyRun cpu(kind);
    gpu.run_to(12);
    cpu.run_to(12);
    REQUIRE(gpu.losses().size() == 12);
    for (size_t i = 0; i < 12; ++i) {
      CAPTURE(i);
      CHECK(gpu.losses()[i] == doctest::Approx(cpu.losses()[i]).epsilon(0.01));
    }
    CHECK(gpu.losses()[11] < gpu.losses()[0]);
  }
}

TEST_CASE(
    "cuda: a training gives the same bits three times, and when it goes on from a checkpoint") {
  if (!test::have_gpu()) return;
  const TemporaryDirectory folder;
  for (const TinyKind& kind : kinds()) {
    CAPTURE(name_of(kind));
    std::string want;
    for (int repeat = 0; repeat < 3; ++repeat) {
      TinyRun run(kind);
      run.run_to(7);
      if (repeat == 0) run.save(folder.path());
      run.run_to(12);
      if (repeat == 0) want = run.hash();
      CHECK(run.hash() == want);
    }
    TinyRun rest(kind);
    rest.resume(folder / checkpoint_name(7));
    rest.run_to(12);
    CHECK(rest.hash() == want);
    std::filesystem::remove_all(folder / checkpoint_name(7));
  }
}

TEST_CASE("cuda: from the fourth step on the host neither waits nor asks for memory") {
  if (!test::have_gpu()) return;
  for (const TinyKind& kind : kinds()) {
    if (!kind.packing) continue;  // rows of one shape
    CAPTURE(name_of(kind));
    release_step_arena(kGpu);
    TinyRun run(kind);
    run.run_to(3);
    const GpuCounters before = gpu_counters();
    run.run_to(9);
    const GpuCounters after = gpu_counters();
    CHECK(after.synchronisations == before.synchronisations);
    CHECK(after.allocations == before.allocations);
  }
}

}  // namespace
}  // namespace hone
