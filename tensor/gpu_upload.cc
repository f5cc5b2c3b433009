// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Copies from the host through a ring of pinned buffers: a copy from pageable memory would wait for
// the GPU as soon as it is longer than a few pages.
#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <vector>

#include "tensor/cuda_check.h"
#include "tensor/gpu.h"
#include "tensor/gpu_counts.h"
#include "tensor/gpu_memory.h"

namespace hone::gpu {
namespace {

constexpr int64_t kBufferBytes = int64_t{8} << 20;
constexpr int64_t kAlignment = 256;

// Bytes are laid into one buffer after the other; a buffer is used again when the copies out of it
// are done. With four of them a weight file streams at the speed of the bus, and the uploads of a
// training step, some 100 KiB, come back to a buffer only many steps later.
class UploadRing {
 public:
  explicit UploadRing(int index) : device_{DeviceType::cuda, index} {}

  void copy(void* to, const void* from, int64_t bytes) {
    CUstream_st* const stream = gpu_stream(device_);
    const std::lock_guard lock(mutex_);
    for (int64_t done = 0; done < bytes;) {
      if (used_ == kBufferBytes) next_buffer(stream);
      Buffer& buffer = buffers_[current_];
      if (buffer.data == nullptr) open(buffer);
      const int64_t part = std::min(bytes - done, kBufferBytes - used_);
      char* const staged = static_cast<char*>(buffer.data) + used_;
      std::memcpy(staged, static_cast<const char*>(from) + done, static_cast<size_t>(part));
      check_cuda(cudaMemcpyAsync(static_cast<char*>(to) + done, staged, static_cast<size_t>(part),
                                 cudaMemcpyHostToDevice, stream));
      used_ = std::min(kBufferBytes, (used_ + part + kAlignment - 1) / kAlignment * kAlignment);
      done += part;
    }
  }

 private:
  struct Buffer {
    void* data = nullptr;
    cudaEvent_t done = nullptr;  // recorded when the ring went on to the next
  };

  static void open(Buffer& buffer) {
    check_cuda(cudaMallocHost(&buffer.data, kBufferBytes));
    check_cuda(cudaEventCreateWithFlags(&buffer.done, cudaEventDisableTiming));
  }

  void next_buffer(CUstream_st* stream) {
    check_cuda(cudaEventRecord(buffers_[current_].done, stream));
    current_ = (current_ + 1) % buffers_.size();
    used_ = 0;
    const Buffer& buffer = buffers_[current_];
    if (buffer.data == nullptr) return;
    const cudaError_t state = cudaEventQuery(buffer.done);
    if (state != cudaErrorNotReady) return check_cuda(state);
    cudaGetLastError();  // clears it
    ++synchronisations;
    check_cuda(cudaEventSynchronize(buffer.done));
  }

  Device device_;
  std::mutex mutex_;
  std::array<Buffer, 4> buffers_;
  size_t current_ = 0;
  int64_t used_ = 0;  // of the current buffer
};

// Opened when first used, and never closed, as the GPUs themselves.
UploadRing& ring_of(int index) {
  static std::mutex mutex;
  static auto* const rings = new std::vector<UploadRing*>;
  const std::lock_guard lock(mutex);
  if (rings->size() <= static_cast<size_t>(index)) rings->resize(static_cast<size_t>(index) + 1);
  UploadRing*& ring = (*rings)[static_cast<size_t>(index)];
  if (ring == nullptr) ring = new UploadRing(index);
  return *ring;
}

}  // namespace

void copy_from_host(void* to, const void* from, int64_t bytes, int index) {
  ring_of(index).copy(to, from, bytes);
}

}  // namespace hone::gpu
