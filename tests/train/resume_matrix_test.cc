// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// {LoRA, QLoRA, full} x {packed, not} x {1, 3 micro batches a step} x 20 steps: a run that is
// resumed after any step, in a model and an optimizer made anew, ends with the bits of one that was
// not interrupted. Dropout, the balancing loss, warmup and the cosine are on; epochs end inside.
#include <doctest/doctest.h>

#include "tests/data/temporary_directory.h"
#include "tests/train/tiny_run.h"

namespace hone {
namespace {

using test::TinyKind;
using test::TinyRun;
using test::Training;

constexpr int64_t kSteps = 20;

void check_kind(const TinyKind& kind) {
  const TemporaryDirectory dir;
  TinyRun whole(kind);
  std::vector<std::filesystem::path> checkpoints;
  checkpoints.push_back(whole.save(dir.path()));
  for (int64_t step = 1; step <= kSteps; ++step) {
    const std::string before = whole.hash();
    whole.run_to(step);
    CHECK(whole.hash() != before);
    checkpoints.push_back(whole.save(dir.path()));
  }
  const std::string expected = whole.hash();
  // Step 20 as well: nothing is left to do, and the state is that of the end.
  int64_t equal = 0;
  for (int64_t step = 1; step <= kSteps; ++step) {
    CAPTURE(step);
    TinyRun rest(kind);
    rest.resume(checkpoints[static_cast<size_t>(step)]);
    CHECK(rest.trainer().steps_done() == step);
    rest.run_to(kSteps);
    CHECK(rest.hash() == expected);
    CHECK(rest.state().tokens == whole.state().tokens);
    const std::vector<double> tail(whole.losses().begin() + step, whole.losses().end());
    CHECK(rest.losses() == tail);
    equal += rest.hash() == expected;
  }
  MESSAGE(equal, " of ", kSteps, " resumed runs end with equal hashes");
}

TEST_CASE("resume: LoRA") {
  for (const bool packing : {false, true})
    for (const int64_t accumulation : {1, 3}) {
      CAPTURE(packing);
      CAPTURE(accumulation);
      check_kind({Training::kLora, packing, accumulation});
    }
}

TEST_CASE("resume: QLoRA") {
  for (const bool packing : {false, true})
    for (const int64_t accumulation : {1, 3}) {
      CAPTURE(packing);
      CAPTURE(accumulation);
      check_kind({Training::kQlora, packing, accumulation});
    }
}

TEST_CASE("resume: full") {
  for (const bool packing : {false, true})
    for (const int64_t accumulation : {1, 3}) {
      CAPTURE(packing);
      CAPTURE(accumulation);
      check_kind({Training::kFull, packing, accumulation});
    }
}

TEST_CASE("resume: 8-bit moments") {
  check_kind({Training::kFull, /*packing=*/true, 1, /*eight_bit=*/true});
}

}  // namespace
}  // namespace hone
