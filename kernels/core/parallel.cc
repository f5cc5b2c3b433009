// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/parallel.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/core/ceil_div.h"
#include "tensor/check.h"

namespace hone::kernels {
namespace {

thread_local bool inside_parallel_for = false;

// A loop being worked on. Each thread has a part of the chunks, and helps with those of others when its
// own are done. Which thread takes which chunk does not matter to the result, but to the caches: loops
// over the rows of one tensor after the other find them where the last one left them.
class Loop {
 public:
  Loop(int64_t n, int64_t grain, ChunkBody body, int64_t threads)
      : most(threads), n_(n), grain_(grain), body_(body) {
    const int64_t chunks = ceil_div(n, grain);
    for (int64_t p = 0; p < most; ++p) {
      parts_[p].next = chunks * p / most;
      parts_[p].end = chunks * (p + 1) / most;
    }
  }

  const int64_t most;  // threads that may work on it

  // thread: whose part comes first.
  void work(int64_t thread) {
    const int64_t worker = workers_++;
    if (worker >= most) return;
    inside_parallel_for = true;
    for (int64_t p = 0; p < most; ++p) work_on(parts_[(thread + p) % most], worker);
    inside_parallel_for = false;
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  struct alignas(64) Part {
    std::atomic<int64_t> next;
    int64_t end;
  };

  void work_on(Part& part, int64_t worker) {
    for (int64_t c = part.next++; c < part.end; c = part.next++) {
      try {
        body_(c * grain_, std::min(n_, (c + 1) * grain_), static_cast<int>(worker));
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (c < error_chunk_) {
          error_chunk_ = c;
          error_ = std::current_exception();
        }
      }
    }
  }

  const int64_t n_, grain_;
  const ChunkBody body_;
  std::array<Part, kMaxWorkers> parts_;
  std::atomic<int64_t> workers_{0};
  std::mutex mutex_;  // of what follows
  std::exception_ptr error_;
  int64_t error_chunk_ = INT64_MAX;
};

// How long a thread looks for its next turn before it sleeps. To sleep and be woken takes tens of
// microseconds, as long as a whole loop of a small model, and the loops of a step follow each other
// more closely than that. It is short since a thread that spins takes its time from others where
// there are more threads than processors.
constexpr std::chrono::microseconds kSpin{50};

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Returns true as soon as ready(), false when it was not for kSpin.
template <class F>
bool spin_until(F&& ready) {
  constexpr int kLooksPerClock = 16;
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < kLooksPerClock; ++i) {
      if (ready()) return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

// Threads that wait for loops. The caller of run() works too, and a loop is over when its chunks are
// done: a thread that has not got to run by then, because the processors have other work, is not
// waited for. Otherwise every loop would last as long as the slowest thread takes to wake up.
class ThreadPool {
 public:
  explicit ThreadPool(int threads) {
    for (int w = 1; w < threads; ++w) workers_.emplace_back([this, w] { serve(w); });
  }
  ~ThreadPool() {
    stop_ = true;
    ++generation_;
    generation_.notify_all();
    for (std::thread& t : workers_) t.join();
  }

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  void run(Loop& loop) {
    const std::lock_guard one_at_a_time(run_mutex_);
    loop_ = &loop;
    ++generation_;
    // A thread that stops spinning now has seen the new generation, or is seen not to spin.
    for (int64_t wanted = loop.most - 1 - spinning_; wanted > 0; --wanted) generation_.notify_one();
    loop.work(0);
    loop_ = nullptr;  // nobody joins from here on
    if (!spin_until([this] { return joined_ == 0; }))
      for (int n = joined_; n != 0; n = joined_) joined_.wait(n);
  }

 private:
  void serve(int thread) {
    for (int seen = 0;;) {
      wait_for_other_than(seen);
      seen = generation_;
      if (stop_) return;
      // In this order: run() has either seen that the loop is joined, or has ended it.
      ++joined_;
      if (Loop* loop = loop_) loop->work(thread);
      if (--joined_ == 0) joined_.notify_one();
    }
  }

  void wait_for_other_than(int seen) {
    ++spinning_;
    spin_until([&] { return generation_ != seen; });
    --spinning_;
    generation_.wait(seen);
  }

  std::vector<std::thread> workers_;
  std::mutex run_mutex_;
  std::atomic<Loop*> loop_ = nullptr;
  std::atomic<int> generation_ = 0;  // of loop_
  std::atomic<int> joined_ = 0;      // threads that work on loop_ beside the caller
  std::atomic<int> spinning_ = 0;    // threads that will look at loop_ without being woken
  std::atomic<bool> stop_ = false;
};

int default_threads() {
  if (const char* wish = std::getenv("HONE_THREADS")) {
    char* end = nullptr;
    const long n = std::strtol(wish, &end, 10);
    if (*end != '\0' || n < 1 || n > 4096)
      fail(ErrorCode::kUsage, "HONE_THREADS=", wish, ": expected a number from 1 to 4096");
    return static_cast<int>(n);
  }
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

std::unique_ptr<ThreadPool>& pool() {
  static std::unique_ptr<ThreadPool> p = std::make_unique<ThreadPool>(default_threads());
  return p;
}

}  // namespace

int num_threads() { return pool()->size(); }

void set_num_threads(int n) {
  check(n >= 1, "set_num_threads: ", n, " threads");
  if (n != num_threads()) pool() = std::make_unique<ThreadPool>(n);
}

void parallel_for(int64_t n, int64_t grain, ChunkBody body, int64_t max_workers) {
  if (n <= 0) return;
  check(grain >= 1 && max_workers >= 1, "parallel_for: grain ", grain, ", workers ", max_workers);
  if (inside_parallel_for) {
    for (int64_t begin = 0; begin < n; begin += grain) body(begin, std::min(n, begin + grain), 0);
    return;
  }
  const int64_t threads =
      std::min({ceil_div(n, grain), max_workers, kMaxWorkers, int64_t{num_threads()}});
  Loop loop(n, grain, body, threads);
  if (threads == 1)
    loop.work(0);
  else
    pool()->run(loop);
  loop.rethrow();
}

}  // namespace hone::kernels
