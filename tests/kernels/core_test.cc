// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How work is cut and where it finds its working memory.
#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <vector>

#include "kernels/core/blocks.h"
#include "kernels/core/parallel.h"
#include "kernels/core/scratch.h"

namespace hone {
namespace {

using kernels::RowBlock;
using kernels::RowBlocks;

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
