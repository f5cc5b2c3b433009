// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Kernel launches: on the device's stream, checked, with sizes that fit.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <limits>

#include "kernels/core/ceil_div.h"
#include "kernels/core/dispatch.h"
#include "tensor/check.h"
#include "tensor/cuda_check.h"

namespace hone::kernels {

constexpr int kWarp = 32;

// A 64-bit size as a dimension of a grid.
inline unsigned grid_size(int64_t blocks) {
  check(blocks >= 0 && blocks <= std::numeric_limits<int32_t>::max(), "launch: ", blocks,
        " blocks are more than a grid holds");
  return static_cast<unsigned>(blocks);
}

// Queues kernel<<<grid, block, shared>>>(arguments...), its blocks in clusters of `cluster` along x. A
// grid of no blocks does nothing. More than 48 KiB of dynamic shared memory is asked for here. Errors:
// kDevice.
template <class... Parameters, class... Arguments>
void launch_clusters(Cuda device, unsigned cluster, void (*kernel)(Parameters...), dim3 grid,
                     dim3 block, size_t shared, const Arguments&... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  constexpr size_t kWithoutAsking = 48 << 10;
  if (shared > kWithoutAsking)
    check_cuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                    static_cast<int>(shared)));
  cudaLaunchAttribute size;
  size.id = cudaLaunchAttributeClusterDimension;
  size.val.clusterDim = {cluster, 1, 1};
  cudaLaunchConfig_t config = {};
  config.gridDim = grid, config.blockDim = block, config.dynamicSmemBytes = shared;
  config.stream = device.stream;
  config.attrs = &size, config.numAttrs = cluster > 1 ? 1 : 0;
  check_cuda(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...));
}

// The same without clusters.
template <class... Parameters, class... Arguments>
void launch(Cuda device, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared,
            const Arguments&... arguments) {
  launch_clusters(device, 1, kernel, grid, block, shared, arguments...);
}

}  // namespace hone::kernels
