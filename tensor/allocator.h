// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where tensor bytes come from: exact counters, a cap, and the step arena.
//
// Every tensor allocation is entered in the ledger of its device with the bytes it asked for, so
// `live` and `peak` are exact and the same for a real device and for the meta device, where no
// memory exists. The label of the innermost MemoryScope says what the bytes are for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tensor/device.h"

namespace hone {

struct MemoryStats {
  int64_t live = 0;                              // bytes of tensors that exist now
  int64_t peak = 0;                              // largest `live` since the last reset_peak_memory
  int64_t reserved = 0;                          // bytes held by the step arena, used or not
  int64_t allocations = 0;                       // calls that reached the system allocator
  std::map<std::string, int64_t> by_label;       // live bytes by MemoryScope label
  std::map<std::string, int64_t> peak_by_label;  // what by_label was when `peak` was reached
};

MemoryStats memory_stats(Device device);

// Sets peak to the bytes that live now.
void reset_peak_memory(Device device);

// An allocation that would take live bytes above the cap throws Error(kOutOfMemory) with a table of
// what holds memory. 0 removes the cap.
void set_memory_cap(Device device, int64_t bytes);

// Names what the allocations of the current thread are for, until it goes out of scope.
class MemoryScope {
 public:
  explicit MemoryScope(const char* label);  // label: a string literal
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

 private:
  const char* previous_;
};

// Makes a repeated step allocate nothing from the system.
//
// The step's allocations depend only on its shapes, named by `key`. The first step with a key
// records when each allocation of this thread is born and dies; from then on a step with that key
// takes its temporaries at fixed offsets of one arena. A step that strays from the record still
// runs correctly: whatever does not fit the plan comes from the system.
//
//   { StepScope step(kCpu, key); forward(); backward(); optimizer(); }
class StepScope {
 public:
  StepScope(Device device, uint64_t key);
  ~StepScope();
  StepScope(const StepScope&) = delete;
  StepScope& operator=(const StepScope&) = delete;

 private:
  Device device_;
};

// Drops the arena and all plans of a device. Requires: no StepScope is open and no tensor of one
// lives on.
void release_step_arena(Device device);

// One allocation of `bytes` on `device`, aligned to 64 bytes; freed with the last reference. On
// meta the pointer inside is null. Errors: kOutOfMemory.
struct Block {
  void* data = nullptr;
  int64_t bytes = 0;
};
std::shared_ptr<Block> allocate_block(int64_t bytes, Device device);

}  // namespace hone
