// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/export_model.h"

#include <array>
#include <vector>

#include "data/file.h"
#include "models/generation.h"
#include "models/peft.h"
#include "models/save_model.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr std::array kProcessorFiles = {
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
};

void write_texts(const fs::path& to, const ExportSource& source,
                 const std::vector<int64_t>& stop_tokens) {
  write_tokenizer_files(to, source.tokenizer_dir, source.text);
  write_generation_config(to, source.base_dir, source.text, stop_tokens);
}

}  // namespace

void write_companions(const fs::path& to, const ExportSource& source,
                      const std::vector<int64_t>& stop_tokens) {
  write_texts(to, source, stop_tokens);
  if (source.base_dir.empty()) return;
  for (const char* name : kProcessorFiles) {
    const fs::path from = fs::path(source.base_dir) / name;
    std::error_code ignored;
    if (fs::is_regular_file(from, ignored))
      write_file((to / name).string(), read_file(from.string(), ErrorCode::kModel));
  }
}

fs::path export_model(const LoadedModel& loaded, const fs::path& output_dir,
                      const ExportSource& source) {
  const std::vector<int64_t> stop_tokens = load_stop_tokens(source.base_dir, loaded.config);
  if (loaded.lora) {
    const fs::path dir = output_dir / "adapter";
    write_adapter(dir.string(), *loaded.lora, *loaded.arena, loaded.config);
    if (source.text.changes_nothing(stop_tokens))
      remove_text_files(dir);
    else
      write_texts(dir, source, stop_tokens);
    return dir;
  }
  const fs::path dir = output_dir / "model";
  save_model(dir.string(), loaded, source.base_dir);
  write_companions(dir, source, stop_tokens);
  return dir;
}

}  // namespace hone
