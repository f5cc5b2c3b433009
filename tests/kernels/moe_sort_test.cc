// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "kernels/moe/sort.h"
#include "tensor/random.h"
#include "tests/support/on_gpu.h"

namespace hone::kernels {
namespace {

Tensor random_ids(int64_t n, int64_t k, int64_t experts) {
  const RandomStream random(3, "ids");
  std::vector<int32_t> ids;
  for (int64_t a = 0; a < n * k; ++a)
    ids.push_back(static_cast<int32_t>(random.bits(static_cast<uint64_t>(a)) %
                                       static_cast<uint32_t>(experts)));
  return Tensor::of(ids, {n, k});
}

void check_against_stable_sort(const Tensor& ids, int64_t experts) {
  const ExpertOrder out = moe_sort(ids, experts);
  const std::vector<int32_t> id = ids.to_vector<int32_t>();
  std::vector<int32_t> order(id.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return id[a] < id[b]; });
  CHECK(out.order.to_vector<int32_t>() == order);
  const std::vector<int32_t> inverse = out.inverse.to_vector<int32_t>();
  for (size_t p = 0; p < order.size(); ++p) CHECK(inverse[order[p]] == static_cast<int32_t>(p));
  const std::vector<int32_t> offsets = out.offsets.to_vector<int32_t>();
  REQUIRE(offsets.size() == static_cast<size_t>(experts) + 1);
  CHECK(offsets.front() == 0);
  CHECK(offsets.back() == static_cast<int32_t>(id.size()));
  for (int32_t e = 0; e < experts; ++e)
    CHECK(offsets[e + 1] - offsets[e] == std::count(id.begin(), id.end(), e));
}

TEST_CASE("moe_sort: equals a stable sort, with random, one-sided and empty experts") {
  check_against_stable_sort(random_ids(64, 2, 8), 8);
  check_against_stable_sort(random_ids(33, 3, 5), 5);
  check_against_stable_sort(random_ids(7, 1, 100), 100);  // most experts idle
  check_against_stable_sort(random_ids(1, 1, 1), 1);
  check_against_stable_sort(Tensor::zeros({16, 2}, DType::i32), 4);              // all to the first
  check_against_stable_sort(Tensor::of(std::vector<int32_t>(9, 6), {9, 1}), 7);  // all to the last
  check_against_stable_sort(Tensor::zeros({0, 4}, DType::i32), 3);
}

TEST_CASE("D7: moe_sort's output sizes depend on shapes alone") {
  const ExpertOrder out = moe_sort(Tensor::empty({100, 8}, DType::i32, kMeta), 256);
  CHECK(out.order.shape() == Shape{800});
  CHECK(out.inverse.shape() == Shape{800});
  CHECK(out.offsets.shape() == Shape{257});
}

TEST_CASE("moe_sort: ids outside the experts are refused by token") {
  const auto sort = [](std::vector<int32_t> ids) { moe_sort(Tensor::of(ids, {2, 2}), 4); };
  CHECK_THROWS_WITH_AS(sort({0, 1, 2, 4}),
                       doctest::Contains("expert id 4 of token 1 is outside [0, 4)"), Error);
  CHECK_THROWS_WITH_AS(sort({-1, 1, 2, 3}), doctest::Contains("expert id -1 of token 0"), Error);
  CHECK_THROWS_AS(moe_sort(Tensor::zeros({2, 2}, DType::i64), 4), Error);
}

TEST_CASE("cuda: moe_sort matches the CPU") {
  if (!test::have_gpu()) return;
  for (const auto& [n, k, experts] :
       {std::tuple{1, 1, 1}, {63, 2, 5}, {500, 8, 256}, {4099, 3, 256}, {777, 5, 1500}, {0, 2, 4}})
    test::check_gpu_matches("N=" + std::to_string(n) + " E=" + std::to_string(experts),
                            {random_ids(n, k, experts)},
                            [&, experts = experts](const std::vector<Tensor>& t) {
                              const ExpertOrder out = moe_sort(t[0], experts);
                              return std::vector<Tensor>{out.order, out.inverse, out.offsets};
                            });
  // One expert has all tokens, the others none.
  const Tensor ids = Tensor::of(std::vector<int32_t>(1500, 3), {1500, 1});
  test::check_gpu_matches("one expert", {ids}, [](const std::vector<Tensor>& t) {
    const ExpertOrder out = moe_sort(t[0], 8);
    return std::vector<Tensor>{out.order, out.inverse, out.offsets};
  });
}

}  // namespace
}  // namespace hone::kernels
