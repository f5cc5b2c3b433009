// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tensor/check.h"

namespace hone::kernels {
namespace {

thread_local bool inside_parallel_for = false;

// A loop being worked on. Chunks are handed out by a counter; which thread takes which does not
// matter to the result.
struct Loop {
  Loop(int64_t count, int64_t chunk, ChunkBody b, int64_t max_workers)
      : n(count),
        grain(chunk),
        chunks((n + grain - 1) / grain),
        most(std::min({chunks, max_workers, kMaxWorkers})),
        body(b) {}

  int64_t n;
  int64_t grain;
  int64_t chunks;
  int64_t most;  // workers
  ChunkBody body;
  std::atomic<int64_t> workers{0};
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  int64_t error_chunk = INT64_MAX;

  void work() {
    const int64_t worker = workers++;
    if (worker >= most) return;
    inside_parallel_for = true;
    for (int64_t c = next++; c < chunks; c = next++) {
      try {
        body(c * grain, std::min(n, (c + 1) * grain), static_cast<int>(worker));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (c < error_chunk) {
          error_chunk = c;
          error = std::current_exception();
        }
      }
    }
    inside_parallel_for = false;
  }
};

// Threads that wait for loops. The caller of run() works too, and a loop is over when its chunks are
// done: a thread that has not got to run by then, because the processors have other work, is not
// waited for. Otherwise every loop would last as long as the slowest thread takes to wake up. Threads
// without work sleep at once: those that spin lose their turn to whoever else needs the processors.
class ThreadPool {
 public:
  explicit ThreadPool(int threads) {
    for (int w = 1; w < threads; ++w) workers_.emplace_back([this] { serve(); });
  }
  ~ThreadPool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& t : workers_) t.join();
  }

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  void run(Loop& loop) {
    const std::lock_guard one_at_a_time(run_mutex_);
    int64_t wanted;
    {
      const std::lock_guard lock(mutex_);
      loop_ = &loop;
      ++generation_;
      wanted = std::min(loop.most - 1, sleeping_);
    }
    for (; wanted > 0; --wanted) wake_.notify_one();
    loop.work();
    std::unique_lock lock(mutex_);
    loop_ = nullptr;  // nobody joins from here on
    done_.wait(lock, [this] { return joined_ == 0; });
  }

 private:
  void serve() {
    uint64_t seen = 0;
    for (;;) {
      Loop* loop;
      {
        std::unique_lock lock(mutex_);
        ++sleeping_;
        wake_.wait(lock, [&] { return stop_ || (loop_ != nullptr && generation_ != seen); });
        --sleeping_;
        if (stop_) return;
        seen = generation_;
        loop = loop_;
        ++joined_;
      }
      loop->work();
      const std::lock_guard lock(mutex_);
      if (--joined_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> workers_;
  std::mutex run_mutex_;
  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  std::condition_variable done_;
  Loop* loop_ = nullptr;
  uint64_t generation_ = 0;  // of loop_
  int64_t joined_ = 0;       // threads that work on loop_ beside the caller
  int64_t sleeping_ = 0;
  bool stop_ = false;
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
  Loop loop(n, grain, body, max_workers);
  if (inside_parallel_for) {
    for (int64_t begin = 0; begin < n; begin += grain) body(begin, std::min(n, begin + grain), 0);
    return;
  }
  if (n <= grain || num_threads() == 1)
    loop.work();
  else
    pool()->run(loop);
  if (loop.error) std::rethrow_exception(loop.error);
}

}  // namespace hone::kernels
