// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A few numbers on their way to the host while the GPU goes on with what is queued after them.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace hone {

// The values that a small tensor has at one point of its device's stream.
//
//   const Readback loss(loss_on_gpu);   // queues the copy
//   queue_next_step();
//   loss.wait<float>()[0];              // waits for the copy alone
class Readback {
 public:
  static constexpr int64_t kMaxBytes = 4096;

  Readback() = default;
  // t: contiguous, at most kMaxBytes, not on meta. It may be overwritten at once, in stream order.
  // Sync: none.
  explicit Readback(const Tensor& t);

  bool defined() const { return copy_ != nullptr; }
  // The elements. Requires: T is the tensor's dtype. Sync: waits until they have arrived, but not for
  // what was queued later. Errors: kDevice when a kernel queued before them failed.
  template <class T>
  std::vector<T> wait() const {
    const std::vector<std::byte>& bytes = wait_for(dtype_of<T>);
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

 private:
  struct Copy;
  const std::vector<std::byte>& wait_for(DType dtype) const;

  std::shared_ptr<Copy> copy_;
};

}  // namespace hone
