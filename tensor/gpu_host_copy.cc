// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Small copies to the host that nothing waits for. Their pinned buffers and events are kept and used
// again: making them may wait for the GPU.
#include <mutex>
#include <vector>

#include "tensor/cuda_check.h"
#include "tensor/gpu.h"
#include "tensor/gpu_memory.h"

namespace hone::gpu {

struct HostCopy {
  int index = 0;  // of the GPU
  void* data = nullptr;
  cudaEvent_t arrived = nullptr;
};

namespace {

// Never destroyed: a Readback with static lifetime may end after main.
struct FreeCopies {
  std::mutex mutex;
  std::vector<HostCopy*> copies;
};
FreeCopies& free_copies() {
  static auto* const all = new FreeCopies;
  return *all;
}

HostCopy* take(int index) {
  FreeCopies& free = free_copies();
  const std::lock_guard lock(free.mutex);
  for (HostCopy*& c : free.copies)
    if (c->index == index) {
      std::swap(c, free.copies.back());
      HostCopy* const taken = free.copies.back();
      free.copies.pop_back();
      return taken;
    }
  auto* const made = new HostCopy{.index = index};
  check_cuda(cudaMallocHost(&made->data, kHostCopyBytes));
  check_cuda(cudaEventCreateWithFlags(&made->arrived, cudaEventDisableTiming));
  return made;
}

}  // namespace

HostCopy* begin_copy_to_host(const void* from, int64_t bytes, int index) {
  check(bytes <= kHostCopyBytes, "gpu: ", bytes, " bytes are no small copy");
  CUstream_st* const stream = gpu_stream({DeviceType::cuda, index});
  HostCopy* const copy = take(index);
  check_cuda(cudaMemcpyAsync(copy->data, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost,
                             stream));
  check_cuda(cudaEventRecord(copy->arrived, stream));
  return copy;
}

const void* wait_for(const HostCopy& copy) {
  check_cuda(cudaEventSynchronize(copy.arrived));
  return copy.data;
}

// A later copy into the buffer is queued behind this one, so it need not have arrived.
void give_back(HostCopy* copy) noexcept {
  try {
    FreeCopies& free = free_copies();
    const std::lock_guard lock(free.mutex);
    free.copies.push_back(copy);
  } catch (...) {  // no memory for the list: the buffer stays unused
  }
}

}  // namespace hone::gpu
