// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/allocator.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "tensor/step_plan.h"
#include "tensor/tensor.h"

namespace hone {
namespace {

Tensor bytes(int64_t n) { return Tensor::empty({n}, DType::u8); }

TEST_CASE("allocator: live and peak count exact bytes, by label") {
  reset_peak_memory(kCpu);
  const int64_t before = memory_stats(kCpu).live;
  {
    const MemoryScope scope("weights");
    const Tensor a = bytes(1000);
    {
      const MemoryScope inner("scratch");
      const Tensor b = bytes(7);
      CHECK(memory_stats(kCpu).by_label.at("scratch") == 7);
    }
    CHECK(memory_stats(kCpu).live - before == 1000);
    CHECK(memory_stats(kCpu).peak - before == 1007);
    CHECK(memory_stats(kCpu).peak_by_label.at("scratch") == 7);
    CHECK(memory_stats(kCpu).by_label.at("weights") == 1000);
  }
  CHECK(memory_stats(kCpu).live == before);
}

TEST_CASE("allocator: the cap refuses and names what holds memory") {
  const MemoryScope scope("activations");
  const Tensor held = bytes(5000);
  set_memory_cap(kCpu, memory_stats(kCpu).live + 100);
  CHECK_NOTHROW(bytes(100));
  try {
    bytes(101);
    FAIL("the cap did not hold");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::kOutOfMemory);
    CHECK(std::string(e.what()).find("activations: ") != std::string::npos);
  }
  set_memory_cap(kCpu, 0);
  CHECK_NOTHROW(bytes(101));
}

TEST_CASE("step plan: tensors that live together never overlap, and space is reused") {
  const StepPlan chain = plan_offsets({{400, 0, 2}, {400, 1, 4}, {400, 3, 6}, {400, 5, 7}});
  CHECK(chain.arena_bytes == 1024);  // two at a time, aligned to 256
  const StepPlan kept = plan_offsets({{64, 0, Lifetime::kEscapes}, {64, 1, 2}});
  CHECK(kept.offsets[0] == StepPlan::kFromSystem);

  std::mt19937 random(3);
  std::vector<Lifetime> lifetimes;
  for (int i = 0; i < 300; ++i) {
    const int64_t born = random() % 1000;
    lifetimes.push_back({static_cast<int64_t>(random() % 5000 + 1), born,
                         born + 1 + static_cast<int64_t>(random() % 200)});
  }
  const StepPlan plan = plan_offsets(lifetimes);
  for (size_t i = 0; i < lifetimes.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const bool together =
          lifetimes[i].born < lifetimes[j].died && lifetimes[j].born < lifetimes[i].died;
      const bool apart = plan.offsets[i] + lifetimes[i].bytes <= plan.offsets[j] ||
                         plan.offsets[j] + lifetimes[j].bytes <= plan.offsets[i];
      REQUIRE((!together || apart));
    }
}

// One step: temporaries with nested lifetimes, one result that escapes.
Tensor run_step(int64_t n) {
  Tensor result = bytes(33);
  Tensor a = bytes(n);
  Tensor b = bytes(2 * n);
  a = Tensor();
  Tensor c = bytes(n / 2);
  return result;
}

TEST_CASE("step arena: a repeated step allocates only what escapes") {
  release_step_arena(kCpu);
  {
    const StepScope step(kCpu, 1);
    (void)run_step(1 << 16);
  }  // records, and takes the arena
  const int64_t before = memory_stats(kCpu).allocations;
  for (int i = 0; i < 5; ++i) {
    const StepScope step(kCpu, 1);
    (void)run_step(1 << 16);
  }
  CHECK(memory_stats(kCpu).allocations == before);
  CHECK(memory_stats(kCpu).reserved >= 3 << 16);
  release_step_arena(kCpu);
  CHECK(memory_stats(kCpu).reserved == 0);
}

TEST_CASE("step arena: a step that strays from its record, or leaks, stays correct") {
  release_step_arena(kCpu);
  {
    const StepScope step(kCpu, 2);
    (void)run_step(4096);
  }
  std::vector<Tensor> leaked;
  {
    const StepScope step(kCpu, 2);  // same key, one tensor outlives its recorded death
    Tensor result = bytes(33);
    Tensor a = bytes(4096);
    std::fill_n(a.data<uint8_t>(), 4096, uint8_t{7});
    leaked.push_back(a);
    Tensor b = bytes(2 * 4096);
    Tensor c = bytes(2048);  // planned where `a` still is
    std::fill_n(c.data<uint8_t>(), 2048, uint8_t{9});
    Tensor extra = bytes(99);  // not in the record
    std::fill_n(extra.data<uint8_t>(), 99, uint8_t{5});
  }
  for (uint8_t v : leaked[0].to_vector<uint8_t>()) REQUIRE(v == 7);
  {
    const StepScope step(kCpu, 2);  // recorded anew; must not touch the leaked tensor
    Tensor other = run_step(4096);
    std::fill_n(other.data<uint8_t>(), 33, uint8_t{1});
  }
  for (uint8_t v : leaked[0].to_vector<uint8_t>()) REQUIRE(v == 7);
  leaked.clear();
  release_step_arena(kCpu);
}

}  // namespace
}  // namespace hone
