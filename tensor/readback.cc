// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/readback.h"

#include <utility>

#include "tensor/gpu_memory.h"

namespace hone {

struct Readback::Copy {
  DType dtype;
  std::vector<std::byte> bytes;
  gpu::HostCopy* from_gpu = nullptr;  // what `bytes` still waits for

  Copy(DType d, int64_t size) : dtype(d), bytes(static_cast<size_t>(size)) {}
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  ~Copy() {
    if (from_gpu) gpu::give_back(from_gpu);
  }
};

Readback::Readback(const Tensor& t) {
  check(t.is_contiguous() && !t.is_meta() && t.nbytes() <= kMaxBytes, "readback: of ", t.shape(),
        " on ", name_of(t.device()));
  copy_ = std::make_shared<Copy>(t.dtype(), t.nbytes());
  if (t.device().type == DeviceType::cpu)
    std::memcpy(copy_->bytes.data(), t.raw(), copy_->bytes.size());
  else
    copy_->from_gpu = gpu::begin_copy_to_host(t.raw(), t.nbytes(), t.device().index);
}

const std::vector<std::byte>& Readback::wait_for(DType dtype) const {
  check(defined(), "readback: of nothing");
  check(copy_->dtype == dtype, "readback: ", name_of(copy_->dtype), " values read as ",
        name_of(dtype));
  if (copy_->from_gpu) {
    std::memcpy(copy_->bytes.data(), gpu::wait_for(*copy_->from_gpu), copy_->bytes.size());
    gpu::give_back(std::exchange(copy_->from_gpu, nullptr));
  }
  return copy_->bytes;
}

}  // namespace hone
