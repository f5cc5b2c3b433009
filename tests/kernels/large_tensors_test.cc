// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tensors of more than 2^31 elements. Their memory is asked for and, but for the last elements,
// never touched, so that the system gives a few pages of it.
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "kernels/embedding/embedding.h"
#include "kernels/gemm/gemm.h"
#include "kernels/linear_cross_entropy/linear_cross_entropy.h"
#include "kernels/moe/combine.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/quantize.h"
#include "kernels/nf4/selective.h"
#include "kernels/optimizer/adamw8bit.h"
#include "kernels/optimizer/global_norm.h"
#include "tests/support/compare.h"

namespace hone::kernels {
namespace {

using test::random_tensor;
using test::same_bits;

constexpr int64_t kColumns = 1024;
constexpr int64_t kRows = (int64_t{1} << 21) + 2;  // kRows * kColumns = 2^31 + 2048
constexpr auto kLast = static_cast<int32_t>(kRows - 1);

// The largest tensor below has 8 GiB. Where a process may not even ask for that much (a container,
// a machine without overcommitment), nothing can be said.
bool memory_can_be_asked_for() {
  try {
    Tensor::empty({kRows, kColumns}, DType::f32);
    return true;
  } catch (const Error& e) {
    MESSAGE("not run: " << e.what());
    return false;
  }
}

// Zeros on the CPU that take no memory before they are written: whatever the allocator left there
// goes back to the system, which gives pages of zeros instead.
Tensor untouched_zeros(const Shape& shape, DType dtype) {
  const Tensor t = Tensor::empty(shape, dtype);
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  auto* const begin = static_cast<std::byte*>(t.raw());
  std::byte* const end = begin + t.nbytes();
  const auto address = reinterpret_cast<uintptr_t>(begin);
  std::byte* const first = begin + (page - address % page) % page;
  std::byte* const last = end - (address + t.nbytes()) % page;
  REQUIRE(first < last);
  std::memset(begin, 0, first - begin);
  std::memset(last, 0, end - last);
  REQUIRE(madvise(first, last - first, MADV_DONTNEED) == 0);
  return t;
}

// [kRows, kColumns] whose last row is `last`; the others are zeros.
Tensor ending_in(const Tensor& last) {
  const Tensor t = untouched_zeros({kRows, kColumns}, last.dtype());
  copy_bytes(last, t.rows(kRows - 1, kRows));
  return t;
}

Tensor last_row(const Tensor& t) { return t.rows(kRows - 1, kRows); }
Tensor zeros_row(DType dtype) { return Tensor::zeros({1, kColumns}, dtype); }

TEST_CASE("D8: rows of a table of more than 2^31 elements, forward and backward") {
  if (!memory_can_be_asked_for()) return;
  const Tensor last = random_tensor({1, kColumns}, DType::bf16, "last");
  const Tensor ids = Tensor::of(std::vector<int64_t>{kLast, 1, kLast}, {3});
  const Tensor y = embedding_forward(ids, ending_in(last));
  CHECK(same_bits(y.rows(0, 1), last));
  CHECK(same_bits(y.rows(1, 2), zeros_row(DType::bf16)));
  CHECK(same_bits(y.rows(2, 3), last));

  const Tensor table = ending_in(zeros_row(DType::f32));
  const Tensor dy = random_tensor({3, kColumns}, DType::f32, "dy");
  embedding_backward(dy, ids, {table, true});
  CHECK(same_bits(last_row(table), add(dy.rows(0, 1), dy.rows(2, 3))));
  CHECK(same_bits(table.rows(1, 2), dy.rows(1, 2)));
  CHECK(same_bits(table.rows(kRows - 2, kRows - 1), zeros_row(DType::f32)));
}

// A quantised [kRows, kColumns] that ends as `end` does, which has a nested block or more.
QuantizedTensor ending_in(const QuantizedTensor& end) {
  const Shape shape{kRows, kColumns};
  const int64_t n = shape.numel(), blocks = n / QuantizedTensor::kBlock;
  QuantizedTensor q = end;
  q.shape = shape;
  q.codes = untouched_zeros({n / 2, 1}, DType::u8);
  q.absmax = untouched_zeros({blocks}, end.absmax.dtype());
  copy_bytes(end.codes, q.codes.rows(n / 2 - end.codes.dim(0), n / 2));
  copy_bytes(end.absmax, q.absmax.rows(blocks - end.absmax.dim(0), blocks));
  if (!end.nested()) return q;
  const int64_t nested = blocks / QuantizedTensor::kNestedBlock + 1;  // the last of 32 blocks
  q.nested_absmax = Tensor::empty({nested}, DType::f32);
  copy_bytes(end.nested_absmax, q.nested_absmax.rows(nested - 1, nested));
  return q;
}

TEST_CASE("D8: experts of a 4-bit stack of more than 2^31 elements") {
  if (!memory_can_be_asked_for()) return;
  const Shape expert{2, kColumns / 2};
  const ActiveExperts active = active_experts(Tensor::of(std::vector<int32_t>{kLast}, {1}), kRows);
  for (const QuantType type : {QuantType::nf4, QuantType::fp4})
    for (const bool nested : {false, true}) {
      const Tensor x = random_tensor({2, kColumns}, DType::f32, "x");
      const QuantizedTensor end = quantize_4bit(x, type, nested), q = ending_in(end);
      check_quantized(q);
      const Tensor expected = dequantize_4bit(end, DType::bf16);
      const Tensor range = Tensor::empty({2, kColumns}, DType::bf16);
      dequantize_4bit_range(q, (kRows - 2) * kColumns, range);
      CHECK(same_bits(range, expected));
      const Tensor odd = Tensor::empty({1, 100}, DType::bf16);  // from the middle of a byte
      dequantize_4bit_range(q, kRows * kColumns - 101, odd);
      CHECK(same_bits(odd, contiguous(expected.rows(1, 2).narrow(1, kColumns - 101, 100))));
      CHECK(same_bits(gather_experts(q, expert, active, DType::bf16).view({1, kColumns}),
                      expected.rows(1, 2)));
    }
}

TEST_CASE("D8: experts of dense and e4m3 stacks of more than 2^31 elements, and back") {
  if (!memory_can_be_asked_for()) return;
  const ActiveExperts active =
      active_experts(Tensor::of(std::vector<int32_t>{kLast, 3}, {2}), kRows);
  const Tensor last = random_tensor({1, kColumns}, DType::bf16, "last");
  const Tensor dense = gather_experts(ending_in(last), active);
  CHECK(same_bits(dense.rows(0, 1), zeros_row(DType::bf16)));
  CHECK(same_bits(dense.rows(1, 2), last));

  const Fp8Experts end = quantize_fp8_experts(last);
  const Fp8Experts stack{ending_in(end.codes), Tensor::empty({kRows}, DType::f32)};
  copy_bytes(end.scale, stack.scale.rows(kRows - 1, kRows));
  const Tensor expected = Tensor::empty({1, kColumns}, DType::bf16);
  dequantize_fp8_experts(end, 0, expected);
  CHECK(same_bits(gather_experts(stack, active, DType::bf16).rows(1, 2), expected));
  const Tensor range = Tensor::empty({1, kColumns}, DType::bf16);
  dequantize_fp8_experts(stack, kRows - 1, range);
  CHECK(same_bits(range, expected));

  const Tensor before = random_tensor({1, kColumns}, DType::f32, "before");
  const Tensor full = ending_in(before), g = random_tensor({2, kColumns}, DType::f32, "g");
  scatter_experts(g, active, {full, true});
  CHECK(same_bits(last_row(full), add(before, g.rows(1, 2))));
  CHECK(same_bits(full.rows(3, 4), g.rows(0, 1)));
  CHECK(same_bits(full.rows(kRows - 2, kRows - 1), zeros_row(DType::f32)));
}

TEST_CASE("D8: combining more than 2^31 elements of expert rows") {
  if (!memory_can_be_asked_for()) return;
  const Tensor last = random_tensor({1, kColumns}, DType::bf16, "last");
  // One token whose rows are all the last one, of which one has a weight.
  const Tensor positions = Tensor::empty({kRows}, DType::i32);
  std::fill(positions.data<int32_t>(), positions.data<int32_t>() + kRows, kLast);
  const Tensor weights = Tensor::zeros({1, kRows}, DType::bf16);
  weights.data<bf16>()[kRows - 1] = bf16(1.0f);
  const ExpertOrder order{positions, positions, Tensor::zeros({2}, DType::i32)};
  CHECK(same_bits(moe_combine(ending_in(last), weights, order, kRows), last));
}

TEST_CASE("D8: cross entropy of hidden states, and a head, of more than 2^31 elements") {
  if (!memory_can_be_asked_for()) return;
  const Tensor last = random_tensor({1, kColumns}, DType::bf16, "last", 0.1);
  const Tensor w = random_tensor({7, kColumns}, DType::bf16, "w");
  const Tensor one = Tensor::scalar(1.0f), label = Tensor::of(std::vector<int64_t>{3}, {1});
  const auto gradient = [&] { return GradTarget{Tensor::empty({7, kColumns}, DType::f32)}; };
  const GradTarget dw = gradient(), expected_dw = gradient();
  const auto expected = linear_cross_entropy(last, w, label, one, true, expected_dw);

  const Tensor targets = Tensor::empty({kRows}, DType::i64);
  std::fill(targets.data<int64_t>(), targets.data<int64_t>() + kRows, kIgnoredLabel);
  targets.data<int64_t>()[kRows - 1] = 3;
  const auto out = linear_cross_entropy(ending_in(last), w, targets, one, false, dw);
  CHECK(same_bits(out.loss, expected.loss));
  CHECK(same_bits(dw.tensor, expected_dw.tensor));
  // dh is all zeros but for this row: its place.
  const Tensor dh = ending_in(zeros_row(DType::bf16));
  const Tensor row = Tensor::of(std::vector<int32_t>{kLast}, {1});
  visit_device(kCpu, [&](auto device) { scatter_rows(device, expected.dh, row, dh); });
  CHECK(same_bits(last_row(dh), expected.dh));

  // z = h W^T with a head that is zero but for the last token of the vocabulary.
  const Tensor head = ending_in(last), h = random_tensor({1, kColumns}, DType::bf16, "h");
  const Tensor z = matmul(h, Transpose::no, head, Transpose::yes);
  CHECK(same_bits(z.narrow(1, kRows - 1, 1).view({1, 1}),
                  matmul(h, Transpose::no, last, Transpose::yes)));
  CHECK(
      same_bits(contiguous(z.narrow(1, 0, kRows - 1)), Tensor::zeros({1, kRows - 1}, DType::bf16)));
}

TEST_CASE("D8: AdamW at the end of an arena of more than 2^31 elements, in both forms of moments") {
  if (!memory_can_be_asked_for()) return;
  using Run = AdamW8bitState::Run;
  constexpr int64_t kBegin = int64_t{1} << 31, kSize = 512;
  const StepScalars scalars = StepScalars::make(kCpu);
  *scalars.learning_rate.data<float>() = 0.01f;
  *scalars.step.data<int64_t>() = 1;
  const std::vector<Run> runs = {{kBegin, kBegin + 256, true},
                                 {kBegin + 256, kBegin + kSize, false}},
                         alone = {{0, 256, true}, {256, kSize, false}};
  const AdamW8bitState state = AdamW8bitState::zeros(runs, kCpu),
                       expected_state = AdamW8bitState::zeros(alone, kCpu);
  const Tensor p = random_tensor({kSize}, DType::f32, "p"),
               g = random_tensor({kSize}, DType::f32, "g");
  const Tensor all_p = untouched_zeros({kBegin + kSize}, DType::f32),
               all_g = untouched_zeros({kBegin + kSize}, DType::f32),
               all_shadow = untouched_zeros({kBegin + kSize}, DType::bf16),
               shadow = Tensor::empty({kSize}, DType::bf16);
  const auto end_of = [&](const Tensor& t) { return t.rows(kBegin, kBegin + kSize); };
  copy_bytes(p, end_of(all_p));
  copy_bytes(g, end_of(all_g));
  adamw8bit_step(all_p, all_g, state, all_shadow, scalars,
                 {.weight_decay = 0.1, .decayed = kBegin + 300});
  adamw8bit_step(p, g, expected_state, shadow, scalars, {.weight_decay = 0.1, .decayed = 300});
  CHECK(same_bits(end_of(all_p), p));
  CHECK(same_bits(end_of(all_shadow), shadow));
  CHECK(same_bits(state.c1, expected_state.c1));
  CHECK(same_bits(state.v, expected_state.v));

  // The norm reads all of it: zeros, but for the end.
  const Tensor norm = Tensor::zeros({}, DType::f32), expected_norm = Tensor::zeros({}, DType::f32);
  clip_factor(all_g, {}, 1, norm, scalars);
  clip_factor(g, {}, 1, expected_norm, scalars);
  CHECK(norm.item<float>() == doctest::Approx(expected_norm.item<float>()).epsilon(1e-6));
}

}  // namespace
}  // namespace hone::kernels
