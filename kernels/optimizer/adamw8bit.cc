// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/adamw8bit.h"

#include <vector>

namespace hone::kernels {
namespace {

void check_state(const char* name, const Tensor& t, DType dtype, int64_t n) {
  check(t.shape() == Shape{n} && t.dtype() == dtype && t.is_contiguous(), "adamw8bit: ", name,
        " should be ", name_of(dtype), " [", n, "], is ", name_of(t.dtype()), " ", t.shape());
}

int64_t blocks_of(int64_t n) { return (n + AdamW8bitState::kBlock - 1) / AdamW8bitState::kBlock; }

// Where the moments of each run begin, among those of their kind; at the end the sizes of both.
struct Places {
  std::vector<int64_t> begin;
  int64_t eight_bit = 0, full = 0;
};

Places places_of(std::span<const AdamW8bitState::Run> runs) {
  constexpr int64_t kBlock = AdamW8bitState::kBlock;
  Places places;
  int64_t end = 0;
  for (const auto& run : runs) {
    int64_t& size = run.eight_bit ? places.eight_bit : places.full;
    check(end <= run.begin && run.begin <= run.end && run.begin % kBlock == 0 &&
              (!run.eight_bit || size % kBlock == 0),
          "adamw8bit: moments of elements [", run.begin, ", ", run.end, ") after ", end,
          ": runs must ascend, and 8-bit blocks of ", kBlock, " may not cross them");
    places.begin.push_back(size);
    size += run.end - run.begin;
    end = run.end;
  }
  return places;
}

Tensor segment_table(std::span<const AdamW8bitState::Run> runs, const Places& places,
                     Device device) {
  std::vector<int64_t> rows;
  for (size_t r = 0; r < runs.size(); ++r)
    rows.insert(rows.end(),
                {runs[r].begin, runs[r].end, int64_t{runs[r].eight_bit}, places.begin[r]});
  return Tensor::of(rows, {static_cast<int64_t>(runs.size()), 4}, device);
}

}  // namespace

AdamW8bitState AdamW8bitState::zeros(std::span<const Run> runs, Device device) {
  const Places places = places_of(runs);
  const auto zeros_of = [&](int64_t n, DType dtype) { return Tensor::zeros({n}, dtype, device); };
  const int64_t blocks = blocks_of(places.eight_bit);
  return {.c1 = zeros_of(places.eight_bit, DType::u8),
          .c2 = zeros_of(places.eight_bit, DType::u8),
          .absmax1 = zeros_of(blocks, DType::f32),
          .absmax2 = zeros_of(blocks, DType::f32),
          .m = zeros_of(places.full, DType::f32),
          .v = zeros_of(places.full, DType::f32),
          .segments = segment_table(runs, places, device),
          .elements = runs.empty() ? 0 : runs.back().end};
}

AdamW8bitState AdamW8bitState::zeros(int64_t n, Device device) {
  const Run all{0, n, true};
  return zeros(std::span<const Run>(&all, 1), device);
}

AdamW8bitState AdamW8bitState::moments_of(std::span<const Run> runs, size_t run) const {
  const int64_t begin = places_of(runs).begin[run], n = runs[run].end - runs[run].begin;
  AdamW8bitState part;
  part.elements = n;
  if (!runs[run].eight_bit) {
    part.m = m.narrow(0, begin, n);
    part.v = v.narrow(0, begin, n);
    return part;
  }
  part.c1 = c1.narrow(0, begin, n);
  part.c2 = c2.narrow(0, begin, n);
  part.absmax1 = absmax1.narrow(0, begin / kBlock, blocks_of(n));
  part.absmax2 = absmax2.narrow(0, begin / kBlock, blocks_of(n));
  return part;
}

int64_t AdamW8bitState::nbytes() const {
  int64_t bytes = 0;
  for (const Tensor* t : {&c1, &c2, &absmax1, &absmax2, &m, &v})
    if (t->defined()) bytes += t->nbytes();
  return bytes;
}

void adamw8bit_step(const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                    const Tensor& shadow, const StepScalars& scalars,
                    const AdamWSettings& settings) {
  const int64_t n = p.numel();
  check(p.dtype() == DType::f32 || p.dtype() == DType::bf16 || p.dtype() == DType::f16,
        "adamw8bit: parameters are ", name_of(p.dtype()));
  check(n == state.elements, "adamw8bit: ", n, " parameters for the moments of ", state.elements);
  check_state("p", p, p.dtype(), n);
  check_state("grad", grad, grad.dtype() == DType::f32 ? DType::f32 : p.dtype(), n);
  const int64_t n8 = state.c1.numel(), n32 = state.m.numel();
  check_state("c1", state.c1, DType::u8, n8);
  check_state("c2", state.c2, DType::u8, n8);
  check_state("absmax1", state.absmax1, DType::f32, blocks_of(n8));
  check_state("absmax2", state.absmax2, DType::f32, blocks_of(n8));
  check_state("m", state.m, DType::f32, n32);
  check_state("v", state.v, DType::f32, n32);
  if (n32 > 0) {
    check_state("p, of which some has f32 moments,", p, DType::f32, n);
    check_state("grad, of which some has f32 moments,", grad, DType::f32, n);
  }
  if (shadow.defined()) check_state("shadow", shadow, DType::bf16, n);
  visit_device(p.device(), [&](auto device) {
    adamw8bit_step(device, p, grad, state, shadow, scalars, settings);
  });
}

Cost adamw8bit_cost(int64_t n, DType t, bool shadow) {
  const double bytes = 2.0 * static_cast<double>(size_of(t)) + 4 + 4 + (shadow ? 2 : 0) + 1.0 / 16;
  return {static_cast<double>(n) * bytes, static_cast<double>(n) * 40};
}

}  // namespace hone::kernels
