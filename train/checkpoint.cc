// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/checkpoint.h"

#include <utility>
#include <vector>

#include "data/file.h"
#include "data/printable.h"
#include "data/safetensors.h"
#include "data/safetensors_writer.h"
#include "train/checkpoint_folder.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

// The master weights by parameter, as views.
std::vector<AdamW::NamedState> weights_of(const LoadedModel& model) {
  std::vector<AdamW::NamedState> weights;
  for (const auto& slot : model.arena->slots())
    weights.push_back({slot.name, nn::ParameterArena::slice(model.arena->master(), slot)});
  return weights;
}

void write_tensors(const fs::path& path, const std::vector<AdamW::NamedState>& tensors) {
  std::vector<TensorSpec> specs;
  for (const AdamW::NamedState& t : tensors)
    specs.push_back({t.name, stored_type_for(t.value.dtype()), t.value.shape()});
  SafetensorsWriter writer(path.string(), specs);
  for (const AdamW::NamedState& t : tensors) {
    const Tensor host = t.value.to(kCpu);
    writer.write(t.name, named_bytes(t.name, host).bytes);
  }
  writer.commit();
}

void read_tensors(const fs::path& path, const std::vector<AdamW::NamedState>& tensors) {
  const SafetensorsFile file = SafetensorsFile::open(path.string());
  for (const AdamW::NamedState& t : tensors) {
    const StoredTensor& stored = file.info(t.name);
    const StoredType type = stored_type_for(t.value.dtype());
    if (stored.type != type || stored.shape != t.value.shape())
      fail(ErrorCode::kModel, printable(file.path(), 4096), ": tensor ", quote(t.name), ": found ",
           name_of(stored.type), " of shape ", stored.shape, ", expected ", name_of(type),
           " of shape ", t.value.shape());
    const bool on_host = t.value.device() == kCpu;
    const Tensor host = on_host ? t.value : Tensor::empty(t.value.shape(), t.value.dtype());
    file.read(t.name, {static_cast<std::byte*>(host.raw()), static_cast<size_t>(host.nbytes())});
    if (!on_host) copy_bytes(host, t.value);
  }
  if (file.tensors().size() != tensors.size())
    fail(ErrorCode::kModel, printable(file.path(), 4096), ": ", file.tensors().size(),
         " tensors, expected ", tensors.size());
}

// Removes the folder unless it was renamed.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& output_dir, int64_t step)
      : target_(output_dir / checkpoint_name(step)), path_(temporary_name(target_)) {
    make_directories(path_.string());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    if (!published_) remove_tree(path_);  // best effort: the next run tries again
  }

  const fs::path& path() const { return path_; }

  fs::path publish() {
    rename_durably(path_.string(), target_.string());
    published_ = true;
    return target_;
  }

 private:
  fs::path target_, path_;
  bool published_ = false;
};

}  // namespace

int64_t checkpoint_bytes(const CheckpointContent& content) {
  constexpr int64_t kTexts = int64_t{1} << 20;  // headers, JSON, a tokenizer
  int64_t bytes = kTexts;
  if (content.resumable)
    bytes += content.model.arena->master().nbytes() + content.optimizer.state_bytes();
  for (const nn::Parameter& p : content.model.parameters)
    if (p.trainable || !content.model.lora) bytes += p.bytes;
  return bytes;
}

fs::path write_checkpoint(const fs::path& output_dir, const CheckpointContent& content,
                          const RunState& state, const RunIdentity& run) {
  TemporaryFolder folder(output_dir, state.steps);
  const fs::path& dir = folder.path();
  if (content.resumable) {
    write_tensors(dir / kWeightsName, weights_of(content.model));
    write_tensors(dir / kOptimizerName, content.optimizer.state());
  }
  write_file((dir / kRunStateName).string(), run_state_text(state));
  make_directories((dir / (content.model.lora ? kAdapterFolder : kModelFolder)).string());
  export_model(content.model, dir, content.source);

  Manifest manifest;
  manifest.step = state.steps;
  manifest.tokens = state.tokens;
  manifest.resumable = content.resumable;
  manifest.run = run;
  manifest.files = list_files(dir);
  write_file((dir / kManifestName).string(), manifest_text(manifest));  // syncs dir as well
  return folder.publish();
}

RunState read_run_state(const fs::path& dir) {
  return parse_run_state(load_json((dir / kRunStateName).string()));
}

RunState read_checkpoint(const fs::path& dir, LoadedModel& model, AdamW& optimizer) {
  const RunState state = read_run_state(dir);
  read_tensors(dir / kWeightsName, weights_of(model));
  model.arena->refresh_shadow();
  read_tensors(dir / kOptimizerName, optimizer.state());
  optimizer.set_steps_taken(state.optimizer_steps);
  return state;
}

}  // namespace hone
