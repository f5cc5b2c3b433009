// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Documents packed into one row of N tokens.
//
// cu_seqlens [S + 1] i32: document s is the rows [cu_seqlens[s], cu_seqlens[s + 1]). The first
// entry is 0, the last N, and none is less than the one before it; equal neighbours are empty
// documents (the tensor may be padded with N to a fixed capacity). No op lets a row see another
// document.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tensor/check.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Refuses a cu_seqlens that does not cut n rows into documents. Its values are looked at only where
// the host can see them: on the CPU.
inline void check_documents(const char* op, const Tensor& cu_seqlens, int64_t n) {
  check(cu_seqlens.rank() == 1 && cu_seqlens.dim(0) >= 1 && cu_seqlens.dtype() == DType::i32 &&
            cu_seqlens.is_contiguous(),
        op, ": cu_seqlens ", cu_seqlens.shape(), " ", name_of(cu_seqlens.dtype()),
        " must be int32 [documents + 1]");
  if (cu_seqlens.device().type != DeviceType::cpu) return;
  const int32_t* at = cu_seqlens.data<int32_t>();
  const int32_t* last = at + cu_seqlens.dim(0) - 1;
  check(*at == 0 && *last == n && std::is_sorted(at, last + 1), op,
        ": cu_seqlens must rise from 0 to the number of rows, ", n, "; it goes from ", *at, " to ",
        *last);
}

// The rows [begin, end) of one document.
struct Document {
  int64_t begin;
  int64_t end;
};

// The document that row `row` belongs to.
inline Document document_of(const Tensor& cu_seqlens, int64_t row) {
  const int32_t* at = cu_seqlens.data<int32_t>();
  const int32_t* next = std::upper_bound(at, at + cu_seqlens.dim(0), row);
  return {next[-1], next[0]};
}

}  // namespace hone::kernels
