// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/attention/cached_attention.h"

#include <algorithm>

#include "kernels/core/ceil_div.h"
#include "kernels/core/scratch.h"
#include "kernels/core/slots.h"

namespace hone::kernels {
namespace {

void check_rows(const char* op, const Tensor& x, const KeyValueCache& cache) {
  check(x.rank() == 3 && (x.dim(2) <= 1 || x.stride(2) == 1), op, ": operand ", x.shape(),
        " must be [N, H, D] with contiguous heads");
  check(x.dim(2) == cache.keys.dim(3) && x.dtype() == cache.keys.dtype(), op, ": operand ",
        x.shape(), " ", name_of(x.dtype()), " does not fit a cache of ", cache.keys.shape(), " ",
        name_of(cache.keys.dtype()));
}

void check_cache(const char* op, const CachedSequences& q, const KeyValueCache& cache,
                 int64_t rows) {
  check(cache.keys.rank() == 4 && cache.values.shape() == cache.keys.shape() &&
            cache.values.dtype() == cache.keys.dtype() && cache.keys.is_contiguous() &&
            cache.values.is_contiguous(),
        op, ": keys ", cache.keys.shape(), " and values ", cache.values.shape(),
        " must be contiguous [slots, Hk, capacity, D]");
  check_documents(op, q.cu_seqlens, rows);
  const int64_t documents = q.cu_seqlens.dim(0) - 1;
  check_slots(op, q.slots, documents, cache.keys.dim(0));
  check_starts(op, q.starts, documents);
  if (q.starts.device().type != DeviceType::cpu) return;
  const int32_t* at = q.cu_seqlens.data<int32_t>();
  for (int64_t s = 0; s < documents; ++s) {
    const int64_t tokens = int64_t{q.starts.data<int32_t>()[s]} + at[s + 1] - at[s];
    check(tokens <= cache.capacity(), op, ": ", tokens, " tokens of a sequence in a cache for ",
          cache.capacity());
  }
}

// On a GPU the blocks' partial results of some rows at a time.
Tensor attention_scratch(const Tensor& q, const KeyValueCache& cache) {
  const int64_t rows = q.dim(0), heads = q.dim(1), kv_heads = cache.keys.dim(1), D = q.dim(2);
  const DType wide = accumulator_dtype(q.dtype());
  if (!is_gpu(q.device()))
    return worker_scratch(rows * kv_heads, (heads / kv_heads + 1) * D + kCachedAttentionBlock, wide,
                          q.device());
  constexpr int64_t kBytes = int64_t{64} << 20,
                    kMostRows = 1 << 15;  // a grid has as many, at least
  const int64_t blocks = ceil_div(cache.capacity(), kCachedAttentionBlock);
  const int64_t row_bytes = std::max<int64_t>(heads * blocks * (D + 2) * size_of(wide), 1);
  const int64_t together = std::clamp<int64_t>(kBytes / row_bytes, 1, kMostRows);
  return scratch_tensor({std::min(rows, together), heads, blocks, D + 2}, wide, q.device());
}

}  // namespace

void append_keys_values(const Tensor& k, const Tensor& v, const CachedSequences& sequences,
                        const KeyValueCache& cache) {
  constexpr const char* kOp = "append_keys_values";
  check_cache(kOp, sequences, cache, k.dim(0));
  for (const Tensor* t : {&k, &v}) {
    check_rows(kOp, *t, cache);
    check(t->dim(0) == k.dim(0) && t->dim(1) == cache.keys.dim(1), kOp, ": k ", k.shape(),
          " and v ", v.shape(), " do not fit a cache of ", cache.keys.dim(1), " heads");
  }
  visit_device(k.device(),
               [&](auto device) { append_keys_values(device, k, v, sequences, cache); });
}

Tensor cached_attention(const Tensor& q, const CachedSequences& sequences,
                        const KeyValueCache& cache, double scale, int64_t window) {
  constexpr const char* kOp = "cached_attention";
  check_rows(kOp, q, cache);
  check_cache(kOp, sequences, cache, q.dim(0));
  const int64_t kv_heads = cache.keys.dim(1);
  check(kv_heads > 0 && q.dim(1) % kv_heads == 0, kOp, ": ", q.dim(1), " query heads cannot share ",
        kv_heads, " key heads");
  check(window >= 0, kOp, ": window ", window);
  Tensor o = Tensor::empty(q.shape(), q.dtype(), q.device());
  const Tensor scratch = attention_scratch(q, cache);
  visit_device(q.device(), [&](auto device) {
    cached_attention(device, q, sequences, cache, scale, window, o, scratch);
  });
  return o;
}

Cost append_keys_values_cost(int64_t n, int64_t hk, int64_t d, DType t) {
  return {4.0 * static_cast<double>(n * hk) * static_cast<double>(d * size_of(t)), 0};
}

Cost cached_attention_cost(int64_t n, int64_t tokens, int64_t pairs, int64_t h, int64_t hk,
                           int64_t d, DType t) {
  const double row = static_cast<double>(d * size_of(t));
  return {row * (2 * static_cast<double>(n * h) + 2 * static_cast<double>(tokens * hk)),
          4 * static_cast<double>(pairs) * static_cast<double>(h * d)};
}

}  // namespace hone::kernels
