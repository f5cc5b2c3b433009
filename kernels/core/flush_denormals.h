// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace hone::kernels {

// While one exists, this thread takes numbers below the normal ones (2^-126 in f32) for zero and
// rounds to zero what would be one. A processor needs some hundred cycles for each of them otherwise:
// products of decays, which come down to them, ran four times slower. A loop over chunks of work
// makes one for each chunk, so that results do not depend on the thread.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : before_(_mm_getcsr()) {
    _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero);
  }
  ~FlushDenormals() { _mm_setcsr(before_); }
#else
  FlushDenormals() {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr unsigned kFlushToZero = 1u << 15, kDenormalsAreZero = 1u << 6;
  unsigned before_;
#endif
};

}  // namespace hone::kernels
