// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Threads for CPU kernels. Work is cut into chunks by its size alone, so what is computed, and in
// which order it is summed, does not depend on the number of threads.
#pragma once

#include <cstdint>
#include <type_traits>

namespace hone::kernels {

// Threads that parallel_for uses, the caller included. Default: HONE_THREADS, else the processors
// this process may run on.
int num_threads();
// Requires: n >= 1 and no parallel_for running.
void set_num_threads(int n);

// A borrowed callable: parallel_for does not outlive it.
class ChunkBody {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, ChunkBody>) ChunkBody(const F& f)
      : object_(&f), call_([](const void* o, int64_t begin, int64_t end, int worker) {
          const F& body = *static_cast<const F*>(o);
          if constexpr (std::is_invocable_v<const F&, int64_t, int64_t, int>)
            body(begin, end, worker);
          else
            body(begin, end);
        }) {}
  void operator()(int64_t begin, int64_t end, int worker) const {
    call_(object_, begin, end, worker);
  }

 private:
  const void* object_;
  void (*call_)(const void*, int64_t, int64_t, int);
};

// The most threads that work on one loop. Scratch memory is sized for them, so that it does not
// depend on how many there are.
inline constexpr int64_t kMaxWorkers = 64;

// Runs body(begin, end) or body(begin, end, worker) for the chunks [0, grain), [grain, 2 grain),
// ... of [0, n), on at most max_workers threads. worker names the thread, for scratch memory; it is
// less than max_workers and than the number of chunks. Inside another parallel_for it runs on the
// calling thread, as worker 0. The first chunk's exception is rethrown.
// Requires: 1 <= max_workers, unless n is 0.
void parallel_for(int64_t n, int64_t grain, ChunkBody body, int64_t max_workers = kMaxWorkers);

// A grain that gives each chunk about `target` operations when one item costs `cost` of them.
constexpr int64_t grain_for(int64_t cost, int64_t target = 1 << 15) {
  return cost >= target ? 1 : target / (cost > 0 ? cost : 1);
}

}  // namespace hone::kernels
