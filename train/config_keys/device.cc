// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Devices and processes.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

TrainKeys device_keys() {
  return {
      no_op("deepspeed", "training runs on one device"),
      no_op("fsdp*", "training runs on one device"),
      no_op("ddp*", "training runs on one device"),
      no_op("device_map", "training runs on one device"),
      no_op("local_rank", "training runs on one device"),
      refused("context_parallel_size", "training runs on one device"),
      refused("sequence_parallel_degree", "training runs on one device"),
      refused("tensor_parallel_size", "training runs on one device"),
  };
}

}  // namespace hone::config_keys
