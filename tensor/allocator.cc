// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/allocator.h"

#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor/check.h"
#include "tensor/device_memory.h"
#include "tensor/gpu.h"
#include "tensor/step_plan.h"
#include "tensor/step_record.h"

namespace hone {
namespace {

thread_local const char* current_label = "other";

// The memory of one device: ledger, cap and step arena. Only the thread that opened the StepScope
// takes part in it, so the record does not depend on how worker threads interleave.
class DeviceMemory {
 public:
  explicit DeviceMemory(Device device) : device_(device) {}

  std::shared_ptr<Block> allocate(int64_t bytes);
  MemoryStats stats() const;
  void reset_peak();
  void set_cap(int64_t bytes);
  void begin_step(uint64_t key);
  void end_step();
  void release_arena();
  std::vector<Lifetime> last_recorded() const;

 private:
  struct Owner {  // what the deleter of a block needs to know
    const char* label;
    int64_t offset = StepPlan::kFromSystem;
    int64_t record = -1;  // index in recorded_, or -1
    uint64_t step_id = 0;
  };

  void enter(int64_t bytes, const char* label);
  void free(const Block& block, const Owner& owner);
  int64_t planned_offset(int64_t bytes);
  bool fits_arena(const StepPlan& plan);
  void* system_allocate(int64_t bytes);
  std::string table() const;

  const Device device_;
  mutable std::mutex mutex_;
  MemoryStats stats_;
  int64_t cap_ = 0;

  enum class Mode { kOff, kRecord, kReplay } mode_ = Mode::kOff;
  std::thread::id step_thread_;
  uint64_t step_id_ = 0;
  uint64_t key_ = 0;
  int64_t clock_ = 0;
  size_t next_ = 0;                      // replay: index of the next allocation in the plan
  bool strayed_ = false;                 // replay: the step no longer follows its plan
  std::vector<Lifetime> recorded_;       // by the step that is open
  std::vector<Lifetime> last_recorded_;  // by the last one that was
  std::unordered_map<uint64_t, StepPlan> plans_;
  const StepPlan* plan_ = nullptr;
  LiveRanges live_ranges_;
  char* arena_ = nullptr;
  int64_t arena_bytes_ = 0;
};

void DeviceMemory::enter(int64_t bytes, const char* label) {
  if (cap_ > 0 && stats_.live + bytes > cap_) {
    fail(ErrorCode::kOutOfMemory, "out of memory on ", name_of(device_), ": ", bytes,
         " bytes wanted for ", label, ", ", stats_.live, " in use, cap ", cap_, "\n", table());
  }
  stats_.live += bytes;
  stats_.by_label[label] += bytes;
  if (stats_.live > stats_.peak) {
    stats_.peak = stats_.live;
    stats_.peak_by_label = stats_.by_label;
  }
}

std::string DeviceMemory::table() const {
  std::string s = "what holds memory:\n";
  for (const auto& [label, bytes] : stats_.by_label)
    if (bytes > 0) s += "  " + label + ": " + std::to_string(bytes) + " bytes\n";
  return s;
}

void* DeviceMemory::system_allocate(int64_t bytes) {
  if (device_.type == DeviceType::meta || bytes == 0) return nullptr;
  ++stats_.allocations;
  return allocate_memory(bytes, device_);
}

// The arena offset that the plan gives the allocation now asked for.
int64_t DeviceMemory::planned_offset(int64_t bytes) {
  if (strayed_ || next_ >= plan_->bytes.size() || plan_->bytes[next_] != bytes) {
    strayed_ = true;
    return StepPlan::kFromSystem;
  }
  const int64_t offset = plan_->offsets[next_++];
  // Something that outlives its record may still sit there: then the system serves this one.
  if (offset != StepPlan::kFromSystem && !live_ranges_.take(offset, bytes))
    return StepPlan::kFromSystem;
  return offset;
}

std::shared_ptr<Block> DeviceMemory::allocate(int64_t bytes) {
  check(bytes >= 0, "allocate: negative size ", bytes);
  const std::lock_guard lock(mutex_);
  const char* label = current_label;
  enter(bytes, label);
  Owner owner{label};
  const bool in_step = mode_ != Mode::kOff && std::this_thread::get_id() == step_thread_;
  if (in_step && mode_ == Mode::kRecord) {
    owner.record = static_cast<int64_t>(recorded_.size());
    recorded_.push_back({bytes, clock_++});
  } else if (in_step && bytes > 0) {
    owner.offset = planned_offset(bytes);
  }
  owner.step_id = step_id_;
  Block block{nullptr, bytes};
  if (owner.offset != StepPlan::kFromSystem) {
    block.data = arena_ ? arena_ + owner.offset : nullptr;  // null on meta
  } else {
    block.data = system_allocate(bytes);
    if (block.data == nullptr && bytes > 0 && device_.type != DeviceType::meta) {
      stats_.live -= bytes;
      stats_.by_label[label] -= bytes;
      fail(ErrorCode::kOutOfMemory, name_of(device_), " has no ", bytes, " bytes for ", label, "\n",
           table());
    }
  }
  return std::shared_ptr<Block>(new Block(block), [this, owner](Block* b) {
    free(*b, owner);
    delete b;
  });
}

void DeviceMemory::free(const Block& block, const Owner& owner) {
  const std::lock_guard lock(mutex_);
  stats_.live -= block.bytes;
  stats_.by_label[owner.label] -= block.bytes;
  if (mode_ == Mode::kRecord && owner.record >= 0 && owner.step_id == step_id_)
    recorded_[static_cast<size_t>(owner.record)].died = clock_++;
  if (owner.offset != StepPlan::kFromSystem)
    live_ranges_.release(owner.offset);
  else
    free_memory(block.data, device_);
}

void DeviceMemory::begin_step(uint64_t key) {
  const std::lock_guard lock(mutex_);
  check(mode_ == Mode::kOff, "step arena: a step is already open");
  step_thread_ = std::this_thread::get_id();
  key_ = key;
  ++step_id_;
  clock_ = 0;
  next_ = 0;
  strayed_ = false;
  recorded_.clear();
  const auto found = plans_.find(key);
  plan_ = found == plans_.end() ? nullptr : &found->second;
  mode_ = plan_ == nullptr ? Mode::kRecord : fits_arena(*plan_) ? Mode::kReplay : Mode::kOff;
}

// Makes the arena large enough for a plan, unless a tensor that outlived its step is still in it
// or the system has no more.
bool DeviceMemory::fits_arena(const StepPlan& plan) {
  if (plan.arena_bytes <= arena_bytes_) return true;
  if (!live_ranges_.empty()) return false;
  free_memory(arena_, device_);
  arena_ = static_cast<char*>(system_allocate(plan.arena_bytes));
  const bool done = arena_ != nullptr || device_.type == DeviceType::meta;
  stats_.reserved = arena_bytes_ = done ? plan.arena_bytes : 0;
  return done;
}

void DeviceMemory::end_step() {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kRecord) {
    fits_arena(plans_[key_] = plan_offsets(recorded_));
    last_recorded_ = std::move(recorded_);
  }
  if (mode_ == Mode::kReplay && strayed_) plans_.erase(key_);  // record it anew next time
  mode_ = Mode::kOff;
  plan_ = nullptr;
}

void DeviceMemory::release_arena() {
  const std::lock_guard lock(mutex_);
  check(mode_ == Mode::kOff && live_ranges_.empty(), "step arena: still in use");
  free_memory(arena_, device_);
  arena_ = nullptr;
  stats_.reserved = arena_bytes_ = 0;
  plans_.clear();
}

std::vector<Lifetime> DeviceMemory::last_recorded() const {
  const std::lock_guard lock(mutex_);
  return last_recorded_;
}

MemoryStats DeviceMemory::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void DeviceMemory::reset_peak() {
  const std::lock_guard lock(mutex_);
  stats_.peak = stats_.live;
  stats_.peak_by_label = stats_.by_label;
}

void DeviceMemory::set_cap(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  cap_ = bytes;
}

// Never destroyed: tensors with static lifetime may be freed after main ends.
DeviceMemory& memory_of(Device device) {
  static DeviceMemory* const cpu = new DeviceMemory(kCpu);
  static DeviceMemory* const meta = new DeviceMemory(kMeta);
  static DeviceMemory* const meta_gpu = new DeviceMemory(kMetaGpu);
  static const std::vector<DeviceMemory*> gpus = [] {
    std::vector<DeviceMemory*> memories;
    for (int i = 0; i < gpu_count(); ++i)
      memories.push_back(new DeviceMemory({DeviceType::cuda, i}));
    return memories;
  }();
  switch (device.type) {
    case DeviceType::cpu:
      return *cpu;
    case DeviceType::meta:
      return device == kMetaGpu ? *meta_gpu : *meta;
    case DeviceType::cuda:
      break;
  }
  gpu_stream(device);  // throws unless there is such a GPU
  return *gpus[static_cast<size_t>(device.index)];
}

}  // namespace

MemoryStats memory_stats(Device device) { return memory_of(device).stats(); }
void reset_peak_memory(Device device) { memory_of(device).reset_peak(); }
void set_memory_cap(Device device, int64_t bytes) { memory_of(device).set_cap(bytes); }
void release_step_arena(Device device) { memory_of(device).release_arena(); }
std::vector<Lifetime> last_recorded_step(Device device) {
  return memory_of(device).last_recorded();
}
std::shared_ptr<Block> allocate_block(int64_t bytes, Device device) {
  return memory_of(device).allocate(bytes);
}

MemoryScope::MemoryScope(const char* label) : previous_(current_label) { current_label = label; }
MemoryScope::~MemoryScope() { current_label = previous_; }

StepScope::StepScope(Device device, uint64_t key) : device_(device) {
  memory_of(device).begin_step(key);
}
StepScope::~StepScope() { memory_of(device_).end_step(); }

}  // namespace hone
