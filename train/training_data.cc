// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/training_data.h"

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/dataset_files.h"
#include "data/dataset_split.h"
#include "data/file.h"
#include "data/load_dataset.h"
#include "data/printable.h"
#include "kernels/core/parallel.h"
#include "tensor/check.h"
#include "train/dataset_roles.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

PromptFormat own_prompt(const OwnPrompt& own) {
  return {own.system_format, own.format, own.no_input_format.value_or(own.format),
          own.system_prompt, own.system_prompt};
}

// A message's properties: those given, and what the older keys say of them.
std::map<std::string, std::string> properties_of(const DatasetConfig& d) {
  std::map<std::string, std::string> properties = d.message_property_mappings;
  if (!d.message_field_role.empty()) properties["role"] = d.message_field_role;
  if (!d.message_field_content.empty()) properties["content"] = d.message_field_content;
  if (d.field_thinking != d.template_thinking_key)
    properties.emplace(d.template_thinking_key, d.field_thinking);
  std::erase_if(properties, [](const auto& entry) { return entry.first == entry.second; });
  return properties;
}

void set_format(const DatasetConfig& d, RowFields& fields) {
  switch (d.type.word) {
    case RowType::kAuto:
      return;
    case RowType::kShareGpt:
      if (d.field_messages == "messages") fields.messages = "conversations";
      fields.properties.emplace("role", "from");
      fields.properties.emplace("content", "value");
      [[fallthrough]];
    case RowType::kMessages:
      fields.format = RowFormat::kMessages;
      return;
    case RowType::kQuestionAnswer:
      fields.format = RowFormat::kQuestionAnswer;
      return;
    case RowType::kAlpaca:
    case RowType::kAlpacaChat:
    case RowType::kAlpacaChatml:
    case RowType::kAlpacaTemplate:
      fields.format = RowFormat::kInstruction;
      fields.prompt =
          named_prompt_format(d.type.word == RowType::kAlpaca         ? "instruct"
                              : d.type.word == RowType::kAlpacaChat   ? "chat"
                              : d.type.word == RowType::kAlpacaChatml ? "chatml"
                                                                      : "chat_template");
      return;
    case RowType::kCompletion:
      fields.format = RowFormat::kCompletion;
      return;
    case RowType::kInputOutput:
      fields.format = RowFormat::kInputOutput;
      return;
    case RowType::kTokens:
      fields.format = RowFormat::kTokens;
      return;
    case RowType::kOwnPrompt:
      fields.format = RowFormat::kInstruction;
      fields.system = d.type.prompt.field_system;
      fields.instruction = d.type.prompt.field_instruction;
      fields.input = d.type.prompt.field_input;
      fields.output = d.type.prompt.field_output;
      fields.prompt = own_prompt(d.type.prompt);
      return;
  }
}

RowFields row_fields(const DatasetConfig& d) {
  RowFields fields;
  fields.messages = d.field_messages;
  fields.tools = d.field_tools;
  fields.properties = properties_of(d);
  fields.roles = template_roles(d);
  fields.drop_system_message = d.drop_system_message;
  fields.training = d.message_field_training;
  fields.training_detail = d.message_field_training_detail;
  if (d.split_thinking) fields.split_thinking = d.template_thinking_key;
  fields.question = d.field_question;
  fields.answer = d.field_answer;
  fields.system = d.field_system;
  fields.instruction = d.field_instruction;
  fields.input = d.field_input;
  fields.output = d.field_output;
  fields.text = d.field;
  set_format(d, fields);
  return fields;
}

std::vector<DatasetFile> files_of(const DatasetConfig& d, const SplitSlice& slice) {
  const bool is_kind = d.path.written == "json" || d.path.written == "jsonl";
  const std::string type = !d.ds_type.empty()               ? d.ds_type
                           : d.path.path.empty() && is_kind ? d.path.written
                                                            : "";
  std::vector<DatasetFile> files;
  for (const std::string& file : d.data_files)
    for (DatasetFile& found : find_dataset_files(file, "train", type))
      files.push_back(std::move(found));
  if (!d.data_files.empty()) return files;
  fs::path path = d.path.path;
  if (!d.name.empty()) path /= d.name;
  return find_dataset_files(path.string(), slice.split, type);
}

RowSource row_source(const DatasetConfig& d, const SplitSlice& slice, const TrainConfig& config,
                     const ChatWriter& writer) {
  RowSource source;
  source.slice = slice;
  source.files = files_of(d, slice);
  source.shards = d.shards;
  source.shard = d.shards_idx;
  source.encoding.fields = row_fields(d);
  source.encoding.render = writer.render;
  source.encoding.render_settings = writer.settings;
  source.encoding.mask = {.roles_to_train = d.roles_to_train,
                          .train_on_eos = d.train_on_eos,
                          .train_on_eot = parse_train_on_mark(d.train_on_eot),
                          .eos_token = writer.eos_token,
                          .train_on_inputs = config.train_on_inputs};
  return source;
}

// Tokens that are not kept go where there is room for them.
std::string temporary_directory() {
  const char* wish = std::getenv("TMPDIR");
  return wish != nullptr && *wish != '\0' ? wish : "/var/tmp";
}

LoadSettings load_settings(const TrainConfig& config) {
  LoadSettings settings;
  settings.max_tokens = config.sequence_len;
  settings.min_tokens = config.min_sample_len;
  settings.excess_length = config.excess_length_strategy;
  settings.prepared_directory = config.dataset_prepared_path.string();
  settings.temporary_directory = temporary_directory();
  settings.max_row_bytes = config.dataset_max_row_bytes;
  const InputPath& tokenizer =
      config.tokenizer_config.given() ? config.tokenizer_config : config.base_model;
  if (!settings.prepared_directory.empty())
    settings.tokenizer = tokenizer_hash(tokenizer.path.string());
  settings.parallel = [](int64_t n, const std::function<void(int64_t)>& body) {
    kernels::parallel_for(n, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) body(i);
    });
  };
  return settings;
}

Dataset load_all(const std::vector<DatasetConfig>& items, const TrainConfig& config,
                 const Tokenizer& tokenizer, const ChatWriterOf& writer_of,
                 const LoadSettings& settings, std::vector<std::string>& notices) {
  Dataset all;
  for (const DatasetConfig& item : items) {
    const ChatWriter writer = writer_of(item);
    const std::optional<std::vector<SplitSlice>> slices = parse_split_sum(item.split);
    check(slices.has_value(), "datasets: split ", item.split);
    for (const SplitSlice& slice : *slices)
      all.append(
          load_dataset(row_source(item, slice, config, writer), tokenizer, settings, notices));
  }
  return all;
}

void drop(Dataset& dataset, Dataset rest, const std::string& why,
          std::vector<std::string>& notices) {
  if (rest.size() == dataset.size()) return;
  notices.push_back(std::to_string(dataset.size() - rest.size()) + " examples dropped: " + why);
  dataset = std::move(rest);
}

Json part_json(const Dataset& part) {
  Json json = Json::object();
  json["examples"] = part.size();
  json["tokens"] = part.tokens();
  json["labels"] = part.total_labels();
  return json;
}

}  // namespace

TrainingData load_training_data(const TrainConfig& config, const Tokenizer& tokenizer,
                                const ChatWriterOf& writer_of) {
  const LoadSettings settings = load_settings(config);
  TrainingData data;
  data.train = load_all(config.datasets, config, tokenizer, writer_of, settings, data.notices);
  if (config.dataset_exact_deduplication)
    drop(data.train, without_duplicates(data.train), "equal to earlier ones", data.notices);
  if (config.val_set_size > 0) {
    HeldOut parts = hold_out(data.train, config.val_set_size, static_cast<uint64_t>(config.seed));
    data.train = std::move(parts.train);
    data.validation = std::move(parts.validation);
  }
  if (!config.test_datasets.empty()) {
    data.validation =
        load_all(config.test_datasets, config, tokenizer, writer_of, settings, data.notices);
    drop(data.train, without_examples_of(data.train, data.validation),
         "they are in test_datasets too", data.notices);
    if (data.train.size() == 0)
      fail(ErrorCode::kDataset, "no row is left to train on: all of them are in test_datasets too");
  }
  return data;
}

SamplerSettings sampler_settings(const TrainConfig& config) {
  return {.sequence_len = config.sequence_len,
          .packing = config.sample_packing,
          .micro_batch_size = config.micro_batch_size,
          .accumulation_steps = config.gradient_accumulation_steps,
          .seed = static_cast<uint64_t>(config.seed),
          .shuffle = config.shuffle_merged_datasets && !config.curriculum_sampling,
          .sequential_packing = config.sample_packing_sequentially};
}

Json describe_data(const TrainingData& data) {
  Json json = Json::object();
  json["files"] = Json::array();
  std::vector<RowCounts> files = data.train.files();
  // Held-out rows come from the same files.
  if (data.validation.size() > 0)
    for (const RowCounts& file : data.validation.files())
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  for (const RowCounts& file : files) json["files"].push_back(row_counts_json(file));
  json["train"] = part_json(data.train);
  json["validation"] = data.validation.size() > 0 ? part_json(data.validation) : Json(nullptr);
  return json;
}

ContentHash tokenizer_hash(const std::string& directory) {
  ContentHasher hasher;
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                           "added_tokens.json"}) {
    const fs::path path = fs::path(directory) / name;
    std::error_code ignored;
    hasher.add_field(fs::exists(path, ignored) ? read_file(path.string(), ErrorCode::kModel) : "");
  }
  return hasher.hash();
}

}  // namespace hone
