// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/model_directory.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "data/file.h"
#include "kernels/elementwise/elementwise.h"
#include "models/registry.h"

namespace hone {
namespace {

constexpr const char* kConfigName = "config.json";

// The tensors of the base checkpoint that are passed on as they are; `own` are the model's.
std::vector<std::string> passed_on(const ModelFiles& base, const std::vector<TensorSpec>& own) {
  std::set<std::string_view> taken;
  for (const TensorSpec& spec : own) taken.insert(spec.name);
  std::vector<std::string> names;
  for (const auto& [name, file] : base.tensors())
    if (is_other_part(name, /*no_head=*/false) && !taken.contains(name)) names.push_back(name);
  return names;
}

Tensor in_type(const Tensor& t, StoredType type) {
  const DType dtype = dtype_for(type).value_or(t.dtype());
  return t.dtype() == dtype ? t : kernels::cast(t, dtype);
}

}  // namespace

// The base's config.json, byte for byte unless the model has another head.
std::string ModelDirectory::base_config(const ModelConfig& config) const {
  const std::string file = base + "/" + kConfigName;
  const std::string text = read_file(file, ErrorCode::kModel);
  if (!config.head.has_labels()) return text;  // nothing but a head of labels may be new
  const HeadConfig head = load_model_config(file).head;
  if (head.kind == config.head.kind && (head.labels == config.head.labels || head.labels == 0) &&
      head.pad_token_id == config.head.pad_token_id)
    return text;
  Json json = parse_json(text, {file}).raw();
  write_head(config, json);
  return json.dump(2) + "\n";
}

void ModelDirectory::write(
    const ModelConfig& config, const std::vector<nn::Parameter>& parameters,
    const std::function<StoredType(const StoredPart&, const ModelFiles*)>& type_of,
    const std::function<Tensor(const nn::Parameter&)>& value_of) const {
  std::optional<ModelFiles> files;
  if (!base.empty()) files = ModelFiles::open(base);
  const ModelFiles* from = files ? &*files : nullptr;
  const CheckpointNames names = files ? CheckpointNames(config, *files) : CheckpointNames(config);

  std::vector<TensorSpec> specs;
  for (const nn::Parameter& p : parameters)
    if (!p.adapter)
      for (const StoredPart& part : names.parts(p.name, p.shape))
        specs.push_back({part.name, type_of(part, from), part.shape});
  const std::vector<std::string> others =
      files ? passed_on(*files, specs) : std::vector<std::string>();
  for (const std::string& name : others)
    specs.push_back({name, files->info(name).type, files->info(name).shape});

  ModelWriter writer(path, specs, shard_bytes);
  for (const nn::Parameter& p : parameters) {
    if (p.adapter) continue;
    const Tensor value = value_of(p).to(kCpu);
    const Tensor flat = value.view({value.numel()});
    int64_t at = 0;
    for (const StoredPart& part : names.parts(p.name, p.shape)) {
      const int64_t count = part.shape.numel();
      const Tensor stored = in_type(flat.rows(at, at + count), type_of(part, from));
      writer.write(part.name, named_bytes(part.name, stored).bytes);
      at += count;
    }
  }
  std::vector<std::byte> bytes;
  for (const std::string& name : others) {
    bytes.resize(static_cast<size_t>(files->info(name).nbytes));
    files->read(name, bytes);
    writer.write(name, bytes);
  }
  writer.commit();
  write_file(path + "/" + kConfigName, base.empty() ? config_json : base_config(config));
}

}  // namespace hone
