// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The keys of one item of datasets.
#include "train/config_keys/lines.h"

namespace hone {
namespace {

using namespace config_keys;

constexpr Choice kRowTypes[] = {word("auto", RowType::kAuto),
                                word("chat_template", RowType::kMessages),
                                word("messages", RowType::kMessages),
                                word("sharegpt", RowType::kShareGpt),
                                word("question_answer", RowType::kQuestionAnswer),
                                word("alpaca_chat.load_qa", RowType::kQuestionAnswer),
                                word("alpaca", RowType::kAlpaca),
                                word("alpaca:instruct", RowType::kAlpaca),
                                word("alpaca:chat", RowType::kAlpacaChat),
                                word("alpaca_chat.load", RowType::kAlpacaChat),
                                word("alpaca:chatml", RowType::kAlpacaChatml),
                                word("alpaca:chat_template", RowType::kAlpacaTemplate),
                                word("completion", RowType::kCompletion),
                                word("pretrain", RowType::kCompletion),
                                word("input_output", RowType::kInputOutput),
                                word("tokens", RowType::kTokens)};
constexpr Choice kMarks[] = {word("turn", TrainOnMark::kTurn), word("all", TrainOnMark::kAll),
                             word("last", TrainOnMark::kLast), word("none", TrainOnMark::kNone)};

}  // namespace

std::span<const Choice> row_type_words() { return kRowTypes; }

const std::vector<ConfigKey<OwnPrompt>>& own_prompt_keys() {
  using P = OwnPrompt;
  static const std::vector<ConfigKey<P>> keys = {
      honoured("system_prompt", &P::system_prompt, "system text of rows that have none"),
      honoured("system_format", &P::system_format, "how it is written, with {system}"),
      honoured("format", &P::format, "the prompt, with {instruction} and {input}"),
      honoured("no_input_format", &P::no_input_format, "the same for rows without an input"),
      honoured("field_system", &P::field_system, "field of the system text"),
      honoured("field_instruction", &P::field_instruction, "field of the instruction"),
      honoured("field_input", &P::field_input, "field of the input"),
      honoured("field_output", &P::field_output, "field of the answer"),
  };
  return keys;
}

const std::vector<ConfigKey<DatasetConfig>>& dataset_keys() {
  using C = DatasetConfig;
  static const std::vector<ConfigKey<C>> keys = {
      with_example(
          required(honoured("path", &C::path,
                            "a .jsonl or .json file of rows, a folder of them, or a pattern of "
                            "their names: data/*.jsonl")),
          "rows.jsonl"),
      honoured("data_files", &C::data_files,
               "the files to read, in path's folder; *, ?, [ab] and ** find them by name"),
      honoured("name", &C::name, "the folder in path to read"),
      honoured("ds_type", &C::ds_type, "json or jsonl, where the files' names do not say it"),
      honoured("split", &C::split,
               "train, train[:20%], train[100:200], ..., or several: train[:10%]+train[-10%:]"),
      honoured("shards", &C::shards, "take only one of so many parts of the rows (of each split)",
               at_least(1)),
      honoured("shards_idx", &C::shards_idx, "which part, from 0", kNotNegative),
      honoured("type", &C::type, "what the rows look like"),
      honoured("field_messages", &C::field_messages, "field of the list of messages"),
      honoured("field_tools", &C::field_tools, "field of the list of tools"),
      honoured("field_thinking", &C::field_thinking, "a message's property with the reasoning"),
      honoured("template_thinking_key", &C::template_thinking_key, "its name in the chat template"),
      honoured("message_property_mappings", &C::message_property_mappings,
               "a message's properties: {role: from, content: value}"),
      honoured("message_field_role", &C::message_field_role, "a message's property with the role"),
      honoured("message_field_content", &C::message_field_content,
               "a message's property with the content"),
      honoured("message_field_training", &C::message_field_training,
               "a message's property that says whether it is learned"),
      honoured("message_field_training_detail", &C::message_field_training_detail,
               "one with a list of {begin_offset, end_offset, train}: the characters of its "
               "content that are learned, both ends included"),
      honoured("split_thinking", &C::split_thinking,
               "take reasoning between tags such as <think> out of answers, into "
               "template_thinking_key"),
      honoured("field_question", &C::field_question, "field of the question"),
      honoured("field_answer", &C::field_answer, "field of the answer"),
      honoured("field_system", &C::field_system, "field of the system text"),
      honoured("field_instruction", &C::field_instruction, "field of the instruction"),
      honoured("field_input", &C::field_input, "field of the instruction's input"),
      honoured("field_output", &C::field_output, "field of the instruction's answer"),
      honoured("field", &C::field, "field of the text"),
      honoured("roles", &C::roles, "the template's roles: {user: [human], assistant: [gpt]}"),
      honoured("chat_template", &C::chat_template, "what writes these rows, when not the run's"),
      honoured("chat_template_jinja", &C::chat_template_jinja,
               "with chat_template: jinja, a template's text or the path of its file"),
      honoured("drop_system_message", &C::drop_system_message, "leave the system text out"),
      honoured("roles_to_train", &C::roles_to_train, "whose messages are learned"),
      choice<&C::train_on_eos, C>("train_on_eos", kMarks, "when the end of a turn is learned"),
      honoured("train_on_eot", &C::train_on_eot,
               "the same for end marks other than the eos token: turn, all, last or none"),
      no_op<C>("revision", "path is a folder; put that revision there"),
      no_op<C>("preprocess_shards", "rows are never all in memory"),
      no_op<C>("conversation", "the chat template says how conversations are written"),
      refused<C>("input_transform", "hone runs no code from datasets"),
      refused<C>("input_format", "type says what the rows look like"),
      refused<C>("field_human", "use type: chat_template with message_property_mappings"),
      refused<C>("field_model", "use type: chat_template with message_property_mappings"),
      refused<C>("logprobs_field", "distillation is not supported"),
      refused<C>("temperature", "distillation is not supported"),
      refused<C>("field_chosen", "only supervised finetuning is supported"),
      refused<C>("field_rejected", "only supervised finetuning is supported"),
      refused<C>("step_separator", "only causal language models are trained"),
      refused<C>("max_completion_length", "only causal language models are trained"),
      refused<C>("train_on_last_step_only", "only causal language models are trained"),
      refused<C>("trust_remote_code", "hone runs no code from models or datasets"),
  };
  return keys;
}

}  // namespace hone
