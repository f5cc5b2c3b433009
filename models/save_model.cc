// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/save_model.h"

#include "models/model_directory.h"

namespace hone {

void save_model(const std::string& dir, const LoadedModel& loaded, const std::string& base_dir) {
  check(!loaded.lora, "save_model: the model has an adapter");
  for (const nn::Parameter& p : loaded.parameters)
    check(p.var.defined(), "save_model: ", p.name, " is quantised");
  const DType dtype = loaded.parameters.front().var.dtype();
  ModelDirectory directory = {.path = dir, .base = base_dir, .config_json = ""};
  if (base_dir.empty())
    directory.config_json =
        to_config_json(loaded.config, dtype == DType::bf16 ? "bfloat16" : "float32");
  directory.write(
      loaded.config, loaded.parameters,
      [&](const StoredPart&, const ModelFiles*) { return stored_type_for(dtype); },
      [](const nn::Parameter& p) { return p.var.value(); });
}

}  // namespace hone
