// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/save_model.h"

#include <optional>

#include "data/checkpoint_files.h"
#include "data/file.h"
#include "data/model_writer.h"
#include "models/weights.h"

namespace hone {
namespace {

constexpr const char* kConfigName = "config.json";

std::string config_text(const LoadedModel& loaded, const std::string& base_dir) {
  if (!base_dir.empty()) return read_file(base_dir + "/" + kConfigName, ErrorCode::kModel);
  const DType dtype = loaded.parameters.front().var.dtype();
  return to_config_json(loaded.config, dtype == DType::bf16 ? "bfloat16" : "float32");
}

// The tensors of the base checkpoint that are passed on as they are.
std::vector<std::string> passed_on(const ModelFiles& base) {
  std::vector<std::string> names;
  for (const auto& [name, file] : base.tensors())
    if (is_other_part(name, /*tied=*/false)) names.push_back(name);
  return names;
}

}  // namespace

void save_model(const std::string& dir, const LoadedModel& loaded, const std::string& base_dir) {
  check(!loaded.lora, "save_model: the model has an adapter");
  std::optional<ModelFiles> base;
  if (!base_dir.empty()) base = ModelFiles::open(base_dir);
  const std::vector<std::string> others = base ? passed_on(*base) : std::vector<std::string>();

  const CheckpointNames names =
      base ? CheckpointNames(loaded.config, *base) : CheckpointNames(loaded.config);
  std::vector<TensorSpec> specs;
  for (const nn::Parameter& p : loaded.parameters) {
    check(p.var.defined(), "save_model: ", p.name, " is quantised");
    for (const StoredPart& part : names.parts(p.name, p.shape))
      specs.push_back({part.name, stored_type_for(p.var.dtype()), part.shape});
  }
  for (const std::string& name : others)
    specs.push_back({name, base->info(name).type, base->info(name).shape});

  ModelWriter writer(dir, specs);
  for (const nn::Parameter& p : loaded.parameters) {
    const Tensor host = p.var.value().to(kCpu);
    const Tensor flat = host.view({host.numel()});
    int64_t at = 0;
    for (const StoredPart& part : names.parts(p.name, p.shape)) {
      const int64_t count = part.shape.numel();
      writer.write(part.name, named_bytes(part.name, flat.rows(at, at + count)).bytes);
      at += count;
    }
  }
  std::vector<std::byte> bytes;
  for (const std::string& name : others) {
    bytes.resize(static_cast<size_t>(base->info(name).nbytes));
    base->read(name, bytes);
    writer.write(name, bytes);
  }
  writer.commit();
  write_file(dir + "/" + kConfigName, config_text(loaded, base_dir));
}

}  // namespace hone
