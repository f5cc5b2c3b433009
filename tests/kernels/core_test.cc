// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How work is cut and where it finds its working memory.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kernels/core/blocks.h"
#include "kernels/core/parallel.h"
#include "kernels/core/scratch.h"

namespace hone {
namespace {

using kernels::RowBlock;
using kernels::RowBlocks;

// The threads of this process, as the system numbers them.
std::set<pid_t> thread_ids() {
  std::set<pid_t> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    ids.insert(std::stoi(entry.path().filename().string()));
  return ids;
}

std::atomic<int> held = 0;
std::atomic<bool> release = false;

// What a thread looks like that the processors have no time for.
void hold(int) {
  ++held;
  while (!release) ::usleep(1000);
}

TEST_CASE("parallel_for: a thread that does not get to run is not waited for") {
  const int before = kernels::num_threads();
  kernels::set_num_threads(1);
  const std::set<pid_t> others = thread_ids();
  kernels::set_num_threads(4);
  std::atomic<int64_t> sum = 0;
  const auto add_up = [&] {
    sum = 0;
    kernels::parallel_for(1000, 1, [&](int64_t begin, int64_t) { sum += begin; });
  };
  add_up();
  CHECK(sum == 499500);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the threads sleep by then

  struct sigaction action = {}, usual = {};
  action.sa_handler = hold;
  ::sigaction(SIGUSR2, &action, &usual);
  int holding = 0;
  for (const pid_t id : thread_ids())
    if (!others.contains(id)) {
      REQUIRE(::syscall(SYS_tgkill, ::getpid(), id, SIGUSR2) == 0);
      ++holding;
    }
  REQUIRE(holding == 3);
  while (held < holding) ::usleep(1000);
  std::atomic<bool> in_time = true;
  std::thread timer([&] {  // so that the test fails rather than hangs
    for (int i = 0; i < 10000 && !release; ++i) ::usleep(1000);
    in_time = release.exchange(true);
  });
  for (int i = 0; i < 100; ++i) {
    add_up();
    CHECK(sum == 499500);
  }
  release = true;
  timer.join();
  CHECK(in_time);
  add_up();
  CHECK(sum == 499500);
  ::sigaction(SIGUSR2, &usual, nullptr);
  kernels::set_num_threads(before);
}

TEST_CASE("parallel_for: workers are fewer than chunks and than the scratch memory has parts") {
  const int before = kernels::num_threads();
  for (const int threads : {1, 2, 5}) {
    kernels::set_num_threads(threads);
    for (const int64_t chunks : {1, 2, 3, 40})
      for (const int64_t most : {int64_t{1}, int64_t{2}, kernels::kMaxWorkers}) {
        CAPTURE(threads);
        CAPTURE(chunks);
        CAPTURE(most);
        std::atomic<int64_t> done = 0, outside = 0;
        std::vector<std::atomic<int>> inside(static_cast<size_t>(kernels::kMaxWorkers));
        for (int repeat = 0; repeat < 50; ++repeat)
          kernels::parallel_for(
              3 * chunks, 3,
              [&](int64_t begin, int64_t end, int worker) {
                if (worker >= std::min({chunks, most, int64_t{threads}})) ++outside;
                // Nobody else is this worker now.
                if (inside[static_cast<size_t>(worker)]++ != 0) ++outside;
                done += end - begin;
                --inside[static_cast<size_t>(worker)];
              },
              most);
        CHECK(outside == 0);
        CHECK(done == 50 * 3 * chunks);
      }
  }
  kernels::set_num_threads(before);
}

TEST_CASE(
    "parallel_for: each chunk is done once, by threads that still look for work and by woken "
    "ones") {
  const int before = kernels::num_threads();
  for (const int threads : {2, 3}) {
    kernels::set_num_threads(threads);
    std::vector<std::atomic<int>> done(30);
    for (int repeat = 1; repeat <= 600; ++repeat) {
      // None, or about as long as threads look for work before they sleep, or longer.
      const int64_t pause = repeat % 3 * 50;
      if (pause > 0) std::this_thread::sleep_for(std::chrono::microseconds(pause));
      const auto chunks = static_cast<int64_t>(done.size());
      kernels::parallel_for(chunks, 1, [&](int64_t c, int64_t) { ++done[static_cast<size_t>(c)]; });
      CAPTURE(repeat);
      for (const auto& times : done) REQUIRE(times == repeat);
    }
  }
  kernels::set_num_threads(before);
}

TEST_CASE("row blocks: each row is in one block of its part, whatever the parts") {
  std::mt19937 random(7);
  for (int trial = 0; trial < 200; ++trial) {
    const int64_t size = 1 + random() % 9;
    std::vector<int32_t> offsets{trial % 3 == 0 ? static_cast<int32_t>(random() % 30) : 0};
    const auto parts = static_cast<int64_t>(random() % 8);
    for (int64_t p = 0; p < parts; ++p)
      offsets.push_back(offsets.back() + (random() % 3 == 0 ? 0 : random() % 40));
    const Tensor at = Tensor::of(offsets, {parts + 1});
    const RowBlocks blocks(at, size);
    const int64_t n = offsets.back();
    std::vector<int> covered(static_cast<size_t>(n), 0);
    for (int64_t b = 0; b < kernels::block_numbers(n, parts, size); ++b) {
      const RowBlock block = blocks[b];
      REQUIRE(block.rows() <= size);
      if (block.rows() == 0) continue;
      REQUIRE(offsets[static_cast<size_t>(block.part)] <= block.begin);
      REQUIRE(block.end <= offsets[static_cast<size_t>(block.part) + 1]);
      REQUIRE((block.begin - offsets[static_cast<size_t>(block.part)]) % size == 0);
      for (int64_t row = block.begin; row < block.end; ++row) ++covered[static_cast<size_t>(row)];
    }
    for (int64_t row = 0; row < n; ++row)
      REQUIRE(covered[static_cast<size_t>(row)] == (row >= offsets[0] ? 1 : 0));
  }
}

TEST_CASE("scratch: parts do not overlap, and depend on the loop's length alone") {
  const auto shape = [](int64_t chunks) {
    return kernels::worker_scratch(chunks, 100, DType::f32, kMeta).shape();
  };
  CHECK(shape(0) == Shape{1, 112});
  CHECK(shape(7) == Shape{7, 112});
  CHECK(shape(1 << 20) == Shape{kernels::kMaxWorkers, 112});

  kernels::Scratch<float> counter;
  counter.vector(5);
  counter.vector(17);
  CHECK(counter.used() == 16 + 32);
  std::vector<float> memory(64);
  kernels::Scratch<float> parts(memory.data());
  CHECK(parts.vector(5) == memory.data());
  CHECK(parts.vector(17) == memory.data() + 16);
  CHECK(parts.bytes(3) == memory.data() + 48);
}

}  // namespace
}  // namespace hone
