// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/export_model.h"

#include <array>

#include "data/file.h"
#include "models/peft.h"
#include "models/save_model.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr std::array kTokenizerFiles = {
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
};
constexpr std::array kModelFiles = {
    "generation_config.json",
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
};

template <size_t N>
void copy_files(const std::array<const char*, N>& names, const fs::path& from, const fs::path& to) {
  for (const char* name : names) {
    std::error_code ignored;
    if (fs::is_regular_file(from / name, ignored))
      write_file((to / name).string(), read_file((from / name).string(), ErrorCode::kModel));
  }
}

}  // namespace

fs::path export_model(const LoadedModel& loaded, const fs::path& output_dir,
                      const std::string& base_dir, const std::string& tokenizer_dir) {
  if (loaded.lora) {
    const fs::path dir = output_dir / "adapter";
    write_adapter(dir.string(), *loaded.lora, *loaded.arena, loaded.config);
    return dir;
  }
  const fs::path dir = output_dir / "model";
  save_model(dir.string(), loaded, base_dir);
  copy_files(kTokenizerFiles, tokenizer_dir, dir);
  if (!base_dir.empty()) copy_files(kModelFiles, base_dir, dir);
  return dir;
}

}  // namespace hone
