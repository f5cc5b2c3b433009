// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Attention of sequences that grow, over the keys and values of all their tokens so far: what
// generation has instead of attention.h.          source: Shazeer 2019, arXiv:1911.02150 (caches);
//                                                  Milakov & Gimelshein 2018, arXiv:1805.02867
//
//   S[i,j] = scale * q_i . k_j      o_i = sum_j softmax_j(S[i,j]) v_j
//
//   Row r of document s is token i = starts[s] + r of the sequence in slot slots[s] (core/slots.h).
//   It sees the tokens j <= i of that sequence, with a window those with i - j < window.
//
//   q, o [N, H, D], k, v [N, Hk, D] in T = f32, f64 or bf16; q, k, v: rows and heads may be strided
//   cache: keys, values [slots, Hk, capacity, D] in T: token j of a sequence is at [slot, :, j, :],
//   so that what a head reads lies together
//   cu_seqlens [S + 1], slots [S], starts [S] i32      query head h uses key head h / (H / Hk)
//   Math in f32 (f64), one rounding to T.
//
//   How it works on the CPU (on a GPU: cached_attention.cu): one thread takes a row and a key head with its H / Hk queries. Blocks of 256 keys,
//   counted from the sequence's first token, give a maximum m, a sum l and an output o each, which
//   are merged in order:
//     m' = max(m, m_b)     l' = l e^(m - m') + l_b e^(m_b - m')     o' likewise
//   A row's bits depend on its own sequence alone.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct KeyValueCache {
  Tensor keys;    // [slots, Hk, capacity, D] T
  Tensor values;  // the same

  int64_t capacity() const { return keys.dim(2); }
};

// Which sequences a call continues: kernels/core/slots.h.
struct CachedSequences {
  Tensor cu_seqlens;  // [S + 1] i32
  Tensor slots;       // [S] i32
  Tensor starts;      // [S] i32: tokens stored before this call
};

// Stores k and v of the new tokens.
// Errors: kInternal if starts[s] + the rows of document s exceed the capacity.
void append_keys_values(const Tensor& k, const Tensor& v, const CachedSequences& sequences,
                        const KeyValueCache& cache);

// Returns o [N, H, D]. Requires: the keys and values of these tokens have been appended. window: 0
// for none.
Tensor cached_attention(const Tensor& q, const CachedSequences& sequences,
                        const KeyValueCache& cache, double scale, int64_t window);

// N new tokens.
Cost append_keys_values_cost(int64_t n, int64_t hk, int64_t d, DType t);
// N new tokens that see `pairs` tokens in all; of each sequence the cache is read once, `tokens` in
// all.
Cost cached_attention_cost(int64_t n, int64_t tokens, int64_t pairs, int64_t h, int64_t hk,
                           int64_t d, DType t);

// Device implementations. `scratch` f32 (f64): [threads, (H / Hk + 1) * D + 256], on a GPU
// [rows at a time, H, blocks of keys in the capacity, D + 2].
inline constexpr int64_t kCachedAttentionBlock = 256;
template <Isa I>
void append_keys_values(Cpu<I>, const Tensor& k, const Tensor& v, const CachedSequences& sequences,
                        const KeyValueCache& cache);
template <Isa I>
void cached_attention(Cpu<I>, const Tensor& q, const CachedSequences& sequences,
                      const KeyValueCache& cache, double scale, int64_t window, const Tensor& o,
                      const Tensor& scratch);
void append_keys_values(Cuda, const Tensor& k, const Tensor& v, const CachedSequences& sequences,
                        const KeyValueCache& cache);
void cached_attention(Cuda, const Tensor& q, const CachedSequences& sequences,
                      const KeyValueCache& cache, double scale, int64_t window, const Tensor& o,
                      const Tensor& scratch);

}  // namespace hone::kernels
