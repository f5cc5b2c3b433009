// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Devices and processes.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

namespace {
constexpr Choice kDevices[] = {word("auto", DeviceChoice::kAuto), word("cpu", DeviceChoice::kCpu),
                               word("cuda", DeviceChoice::kCuda),
                               word("cuda:0", DeviceChoice::kCuda)};
}  // namespace

TrainKeys device_keys() {
  using C = TrainConfig;
  return {
      choice<&C::device>("device", kDevices, "where to train (auto: on the GPU, if there is one)"),
      no_op("use_ray", "training runs on one device"),
      no_op("ray_*", "training runs on one device"),
      no_op("accelerator_config", "training runs on one device"),
      no_op("deepcompile", "everything is compiled"),
      no_op("heads_k_stride", "training runs on one device"),
      no_op("ring_attn_func", "training runs on one device"),
      no_op("zero_level", "training runs on one device"),
      no_op("shard_*", "training runs on one device"),
      no_op("memcpy_*", "training runs on one device"),
      no_op("use_all_to_all_reduce", "training runs on one device"),
      no_op("deepspeed", "training runs on one device"),
      no_op("fsdp*", "training runs on one device"),
      no_op("ddp*", "training runs on one device"),
      no_op("device_map", "training runs on one device"),
      refused("world_size", "training runs on one device", "1"),
      refused("gpus", "training runs on one device", "1"),
      refused("dp_shard_size", "training runs on one device", "1"),
      refused("dp_replicate_size", "training runs on one device", "1"),
      refused("expert_parallel_enabled", "training runs on one device"),
      refused("expert_parallel_size", "training runs on one device", "1"),
      no_op("expert_parallel_*", "training runs on one device"),
      refused("parallelism", "training runs on one device", "ddp"),
      no_op("distributed", "training runs on one device"),
      no_op("local_rank", "training runs on one device"),
      refused("context_parallel_size", "training runs on one device", "1"),
      refused("tensor_parallel_size", "training runs on one device", "1"),
  };
}

}  // namespace hone::config_keys
