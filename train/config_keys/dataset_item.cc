// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The keys of one item of datasets.
#include "train/config_keys/lines.h"

namespace hone {
namespace {

using namespace config_keys;

constexpr Choice kRowFormats[] = {
    word("auto", RowFormat::kAuto), word("question_answer", RowFormat::kQuestionAnswer),
    word("alpaca_chat.load_qa", RowFormat::kQuestionAnswer), word("messages", RowFormat::kMessages),
    word("chat_template", RowFormat::kMessages)};

}  // namespace

const std::vector<ConfigKey<DatasetConfig>>& dataset_keys() {
  using C = DatasetConfig;
  static const std::vector<ConfigKey<C>> keys = {
      required(honoured("path", &C::path, "a .jsonl file of rows")),
      choice<&C::type, C>("type", kRowFormats, "what the rows look like"),
      honoured("split", &C::split, "only 'train': all rows of the file"),
      honoured("field_question", &C::field_question, "field of the question"),
      honoured("field_answer", &C::field_answer, "field of the answer"),
      honoured("field_messages", &C::field_messages, "field of the list of messages"),
      no_op<C>("ds_type", "the file's name says what it is"),
      refused<C>("name", "hone reads files, which have no configurations to name"),
      refused<C>("data_files", "give each file a list item of its own, with path"),
      refused<C>("message_property_mappings", "messages have the fields role and content"),
      refused<C>("field_human", "write the rows as messages with role and content"),
      refused<C>("field_model", "write the rows as messages with role and content"),
      refused<C>("roles_to_train", "exactly the assistant's turns are trained", "assistant"),
      refused<C>("train_on_eos", "exactly the ends of trained turns are trained", "turn"),
      refused<C>("trust_remote_code", "hone runs no code from models or datasets"),
  };
  return keys;
}

}  // namespace hone
