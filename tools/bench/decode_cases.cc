// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numeric>

#include "kernels/attention/cached_attention.h"
#include "kernels/conv1d/conv1d_extend.h"
#include "kernels/delta_rule/delta_rule_step.h"
#include "kernels/l2_norm/l2_norm.h"
#include "kernels/sampling/sampling.h"
#include "kernels/slots/slots.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {
namespace {

constexpr int64_t kSequences = 16;  // decoded at a time, a token each

// 0, 1, 2, ... n-1.
Tensor counting(const BenchSizes& s, int64_t n) {
  std::vector<int32_t> numbers(static_cast<size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return Tensor::of(numbers, {n}, s.device);
}

// All sequences have `past` tokens and get one more.
CachedSequences one_more(const BenchSizes& s, int64_t past) {
  const std::vector<int32_t> starts(kSequences, static_cast<int32_t>(past));
  return {counting(s, kSequences + 1), counting(s, kSequences),
          Tensor::of(starts, {kSequences}, s.device)};
}

// With as many tokens in the past as a packed row has.
std::vector<BenchCase> attention_cases(const BenchSizes& s) {
  const int64_t b = kSequences, past = s.tokens, h = s.model.heads, hk = s.model.kv_heads,
                d = s.model.head_dim;
  const DType t = s.dtype;
  const auto cache = [=] {
    return KeyValueCache{s.values({b, hk, past + 1, d}, t), s.values({b, hk, past + 1, d}, t)};
  };
  const std::string shape =
      shape_text({{"B", b}, {"past", past}, {"H", h}, {"Hk", hk}, {"D", d}}, t);
  return {
      {"attention/cached_attention", "cached_attention", shape,
       cached_attention_cost(b, b * (past + 1), b * (past + 1), h, hk, d, t),
       [=] {
         const Tensor q = s.values({b, h, d}, t);
         const KeyValueCache stored = cache();
         const CachedSequences sequences = one_more(s, past);
         const double scale = 1 / std::sqrt(static_cast<double>(d));
         return [=] { cached_attention(q, sequences, stored, scale, 0); };
       }},
      {"attention/cached_attention", "append_keys_values", shape,
       append_keys_values_cost(b, hk, d, t),
       [=] {
         const Tensor k = s.values({b, hk, d}, t);
         const KeyValueCache stored = cache();
         const CachedSequences sequences = one_more(s, past);
         return [=] { append_keys_values(k, k, sequences, stored); };
       }},
  };
}

std::vector<BenchCase> delta_net_cases(const BenchSizes& s) {
  const DeltaHeads z{s.model.delta_net.key_heads, s.model.delta_net.value_heads,
                     s.model.delta_net.key_dim, s.model.delta_net.value_dim};
  const int64_t b = kSequences, c = z.qkv_width(), taps = s.model.delta_net.conv_kernel;
  const DType t = s.dtype, wide = accumulator_dtype(t);
  const Shape states{b, z.value_heads, z.key_dim, z.value_dim};
  const std::string shape = shape_text({{"B", b},
                                        {"Hk", z.key_heads},
                                        {"Hv", z.value_heads},
                                        {"Dk", z.key_dim},
                                        {"Dv", z.value_dim}},
                                       t);
  return {
      {"conv1d/conv1d_extend", "conv1d_silu_extend",
       shape_text({{"B", b}, {"C", c}, {"taps", taps}}, t),
       conv1d_silu_extend_cost(b, b, c, taps, t),
       [=] {
         const Tensor x = s.values({b, c}, t), w = s.values({c, taps}, t);
         const Tensor stored = s.values({b, taps - 1, c}, t);
         const CachedSequences q = one_more(s, taps);
         return [=] { conv1d_silu_extend(x, w, q.cu_seqlens, q.slots, q.starts, stored); };
       }},
      {"delta_rule/delta_rule_step", "gated_delta_rule_step", shape,
       gated_delta_rule_step_cost(b, z, t),
       [=] {
         const auto unit = [&](double sign) {
           return l2_norm_forward(s.values({b, z.key_heads, z.key_dim}, t, sign), 1e-6).y;
         };
         // Nothing is forgotten or written: the state stays as it is, however often this runs.
         const DeltaStepInput in{unit(1),
                                 unit(-1),
                                 s.values({b, z.value_heads, z.value_dim}, t),
                                 s.values({b, z.value_heads}, wide, 0),
                                 s.values({b, z.value_heads}, wide, 0),
                                 counting(s, b)};
         const Tensor stored = s.values(states, wide);
         return [=] { gated_delta_rule_step(in, stored); };
       }},
      {"slots", "gather_slots", shape_text({{"S", b}, {"n", states.numel() / b}}, wide),
       slots_cost(b, states.numel() / b, wide),
       [=] {
         const Tensor stored = s.values(states, wide), slots = counting(s, b);
         return [=] { gather_slots(stored, slots); };
       }},
      {"slots", "scatter_slots", shape_text({{"S", b}, {"n", states.numel() / b}}, wide),
       slots_cost(b, states.numel() / b, wide),
       [=] {
         const Tensor stored = s.values(states, wide), x = s.values(states, wide),
                      slots = counting(s, b);
         return [=] { scatter_slots(x, slots, stored); };
       }},
  };
}

// A token for each sequence: greedy, and drawn from those that make up nine tenths.
std::vector<BenchCase> sampling_cases(const BenchSizes& s) {
  const int64_t b = kSequences, v = s.model.vocab_size;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"B", b}, {"V", v}}, t);
  const auto weights = [=](const char* what, const TokenFilter& filter) -> BenchCase {
    return {"sampling", "token_weights", shape + " " + what, token_weights_cost(b, v, t), [=] {
              const Tensor logits = s.values({b, v}, t, 10);
              return [=] { token_weights(logits, {}, filter); };
            }};
  };
  return {
      weights("greedy", {}),
      weights("top_p", {.temperature = 1, .top_p = 0.9}),
      {"sampling", "draw_tokens", shape, draw_tokens_cost(b, v),
       [=] {
         const Tensor w = token_weights(s.values({b, v}, t, 10), {}, {.temperature = 1});
         const Tensor bits = s.indices({b}, int64_t{1} << 30, DType::i64);
         return [=] { draw_tokens(w, bits); };
       }},
  };
}

}  // namespace

std::vector<BenchCase> decode_cases(const BenchSizes& sizes) {
  std::vector<BenchCase> cases = attention_cases(sizes);
  for (auto part : {delta_net_cases, sampling_cases})
    for (BenchCase& c : part(sizes)) cases.push_back(std::move(c));
  return cases;
}

}  // namespace hone::kernels::bench
