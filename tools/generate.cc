// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lets a model write: it continues texts or answers conversations.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>

#include "data/builtin_templates.h"
#include "data/chat_template_files.h"
#include "data/printable.h"
#include "models/load_model.h"
#include "tensor/gpu.h"
#include "tools/generation/answers.h"
#include "tools/generation/chat_prompt.h"
#include "tools/generation/chat_session.h"
#include "tools/generation/prompts.h"
#include "tools/tool_main.h"
#include "tools/unknown_option.h"

namespace hone {
namespace {

struct Options {
  std::string model, adapter, tokenizer, chat_template, out, load_in_4bit;
  std::string device = "cpu", dtype = "float32";
  PromptSources prompts;
  GenerationOptions generation;
  std::vector<std::string> stops;
  bool ignore_eos = false;
};

LoadedModel load(const Options& o) {
  LoadOptions load;
  load.model = o.model;
  load.adapter = o.adapter;
  load.inference = true;
  if (o.device == "cuda") load.device = {DeviceType::cuda, 0};
  load.dtype = o.dtype == "float32" ? DType::f32 : o.dtype == "bfloat16" ? DType::bf16 : DType::f64;
  if (!o.load_in_4bit.empty())
    load.quantise = o.load_in_4bit == "nf4" ? QuantType::nf4 : QuantType::fp4;
  if (describe_model(load).config.head.has_labels())
    fail(ErrorCode::kUsage, "--model ", printable(o.model, 4096),
         ": a reward model judges texts and writes none; take the language model it was made from");
  return load_model(load);
}

// The first folder that has the file: the adapter's, where a run leaves what it changed of its
// model's files, or the model's.
std::string folder_with(const Options& o, const char* file) {
  std::error_code ignored;
  if (!o.adapter.empty() &&
      std::filesystem::is_regular_file(std::filesystem::path(o.adapter) / file, ignored))
    return o.adapter;
  return o.model.starts_with("random:") ? "" : o.model;
}

std::string tokenizer_path(const Options& o) {
  return o.tokenizer.empty() ? folder_with(o, "tokenizer.json") : o.tokenizer;
}

Tokenizer load_tokenizer(const Options& o, const ModelConfig& config) {
  const std::string path = tokenizer_path(o);
  if (path.empty())
    fail(ErrorCode::kUsage, "--model ", o.model, " has no tokenizer; name one with --tokenizer");
  Tokenizer tokenizer = Tokenizer::load(path);
  if (tokenizer.vocab_size() > config.vocab_size)
    fail(ErrorCode::kModel, path, ": the tokenizer has ids up to ", tokenizer.vocab_size() - 1,
         ", but the model's vocab_size is ", config.vocab_size, "; they do not belong together");
  return tokenizer;
}

// The template that --chat-template names, or the tokenizer's own.
ChatTemplate load_template(const Options& o, const Tokenizer& tokenizer) {
  namespace fs = std::filesystem;
  fs::path folder = tokenizer_path(o);
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) folder = fs::absolute(folder).parent_path();
  ChatTemplateChoice choice;
  choice.name = o.chat_template.empty() ? kDefaultChatTemplate : o.chat_template;
  if (o.chat_template.ends_with(".jinja")) {
    choice.name = "jinja";
    choice.jinja = o.chat_template;
  }
  ChatTemplate chat_template = load_chat_template(choice, folder.string(), tokenizer);
  check_template_marks(chat_template, folder.string(), tokenizer);
  return chat_template;
}

std::string speed(int64_t tokens, double seconds) {
  char text[96];
  std::snprintf(text, sizeof(text), "%lld tokens in %.2f s (%.0f tokens/s)",
                static_cast<long long>(tokens), seconds,
                seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0);
  return text;
}

void report(const GenerationResult& r) {
  std::fprintf(stderr, "read %s, wrote %s\n", speed(r.prompt_tokens, r.prefill_seconds).c_str(),
               speed(r.decode_tokens, r.decode_seconds).c_str());
}

// One answer, shown as it is written.
void answer_one(const Options& o, const LoadedModel& m, const Tokenizer& tokenizer,
                const std::vector<int64_t>& prompt) {
  LiveText live(tokenizer, o.stops, stdout);
  GenerationOptions options = o.generation;
  options.on_token = [&](int64_t, int64_t token) { return live.push(token); };
  const GenerationResult r = generate(*m.model, {&prompt, 1}, options);
  live.finish();
  report(r);
}

// Many answers, a JSON object a line, in the order of the prompts.
void answer_all(const Options& o, const LoadedModel& m, const Tokenizer& tokenizer,
                const std::vector<Prompt>& prompts, const std::vector<std::vector<int64_t>>& ids) {
  AnswerWriter writer(tokenizer, o.stops, prompts, o.out);
  GenerationOptions options = o.generation;
  options.on_token = [&](int64_t sequence, int64_t token) { return writer.push(sequence, token); };
  options.on_end = [&](int64_t sequence, const GeneratedSequence& s) { writer.end(sequence, s); };
  const GenerationResult r = generate(*m.model, ids, options);
  writer.close();
  report(r);
}

// The tokens of a prompt. What ends an answer is added to `stop_tokens`.
std::vector<int64_t> encode_prompt(const Prompt& prompt, const Tokenizer& tokenizer,
                                   const std::optional<ChatTemplate>& chat_template,
                                   std::vector<int64_t>& stop_tokens) {
  if (prompt.conversation) {
    ChatPrompt chat = encode_conversation(*prompt.conversation, *chat_template, tokenizer);
    for (const int64_t token : chat.stop_tokens)
      if (std::find(stop_tokens.begin(), stop_tokens.end(), token) == stop_tokens.end())
        stop_tokens.push_back(token);
    return chat.ids;
  }
  const std::vector<int32_t> ids = tokenizer.encode(prompt.text, /*add_special_tokens=*/true);
  return {ids.begin(), ids.end()};
}

// A conversation with whoever sits at the terminal, or a line of a pipe after another.
void converse(const Options& o, const LoadedModel& m, const Tokenizer& tokenizer,
              const ChatTemplate& chat_template) {
  const bool terminal = isatty(STDIN_FILENO) != 0;
  std::unique_ptr<LiveText> live;
  GenerationOptions options = o.generation;
  options.on_token = [&](int64_t, int64_t token) { return live->push(token); };
  ChatSession session(*m.model, options);
  Conversation conversation;
  for (std::string line;;) {
    if (terminal) std::fputs("> ", stderr);
    if (!std::getline(std::cin, line)) break;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (conversation.size() == 0)
      conversation = ask(line, o.prompts.system, "the conversation");
    else
      conversation.messages.push_back(chat_message("user", line));
    live = std::make_unique<LiveText>(tokenizer, o.stops, stdout);
    session.reply(encode_conversation(conversation, chat_template, tokenizer).ids);
    live->finish();
    conversation.messages.push_back(chat_message("assistant", live->text()));
  }
  if (terminal) std::fputs("\n", stderr);
}

int run(Options& o) {
  if (o.device == "cuda" && gpu_count() == 0)
    fail(ErrorCode::kDevice, "--device cuda: ", why_no_gpu(), "; use cpu");
  const LoadedModel m = load(o);
  if (!m.note.empty()) std::fprintf(stderr, "%s\n", m.note.c_str());
  const Tokenizer tokenizer = load_tokenizer(o, m.config);
  const std::vector<Prompt> prompts = read_prompts(o.prompts);
  if (prompts.empty() && !o.prompts.chat)
    fail(ErrorCode::kUsage,
         "no prompt: give --prompt, --prompts or --messages, or --chat for a conversation");

  // Texts to continue need no template.
  std::optional<ChatTemplate> chat_template;
  if (std::any_of(prompts.begin(), prompts.end(),
                  [](const Prompt& p) { return p.conversation.has_value(); }) ||
      prompts.empty())
    chat_template.emplace(load_template(o, tokenizer));
  std::vector<int64_t> stop_tokens =
      load_stop_tokens(folder_with(o, "generation_config.json"), m.config);
  std::vector<std::vector<int64_t>> ids;
  if (prompts.empty())
    encode_prompt({"", ask("?", "", "the conversation"), ""}, tokenizer, chat_template,
                  stop_tokens);
  for (const Prompt& p : prompts) {
    ids.push_back(encode_prompt(p, tokenizer, chat_template, stop_tokens));
    check_prompt(m.config, ids.back(), p.where);
  }
  if (!o.ignore_eos) o.generation.stop_tokens = stop_tokens;
  if (prompts.empty())
    converse(o, m, tokenizer, *chat_template);
  else if (prompts.size() == 1 && o.out.empty())
    answer_one(o, m, tokenizer, ids.front());
  else
    answer_all(o, m, tokenizer, prompts, ids);
  return 0;
}

void add_model_options(CLI::App& app, Options& o) {
  app.add_option("--model", o.model, "model directory, or random:<preset>")->required();
  app.add_option("--adapter", o.adapter, "PEFT adapter directory to attach");
  app.add_option(
      "--tokenizer", o.tokenizer,
      "tokenizer.json or its folder; default: the adapter's if it has one, or the model's");
  app.add_option("--device", o.device, "cpu or cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--dtype", o.dtype, "of weights and activations")
      ->check(CLI::IsMember({"float32", "bfloat16", "float64"}))
      ->capture_default_str();
  app.add_option("--load-in-4bit", o.load_in_4bit, "quantise the base model's weights")
      ->check(CLI::IsMember({"nf4", "fp4"}));
}

void add_prompt_options(CLI::App& app, Options& o) {
  app.add_option("--prompt", o.prompts.texts, "text to continue; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--prompts", o.prompts.file,
                 "file with a prompt a line, or .jsonl with \"prompt\" or \"messages\"");
  app.add_option("--messages", o.prompts.messages_file,
                 ".json with the messages of a conversation");
  app.add_flag("--chat", o.prompts.chat,
               "prompts are what a user says; without any, talk to the model");
  app.add_option("--system", o.prompts.system, "system message of conversations without one");
  app.add_option("--chat-template", o.chat_template,
                 "what writes conversations: a built-in template's name, or a .jinja file; "
                 "default: the tokenizer's own");
  app.add_option("--out", o.out, "write answers here as .jsonl");
}

void add_sampling_options(CLI::App& app, Options& o) {
  GenerationOptions& g = o.generation;
  app.add_option("--max-new-tokens", g.max_new_tokens, "for each prompt")->capture_default_str();
  app.add_option("--temperature", g.sampling.temperature, "0: greedy")->capture_default_str();
  app.add_option("--top-k", g.sampling.top_k, "only the k most probable tokens; 0: all");
  app.add_option("--top-p", g.sampling.top_p, "only the most probable ones that make up p");
  app.add_option("--min-p", g.sampling.min_p, "only those with p of the most probable one's");
  app.add_option("--repetition-penalty", g.sampling.repetition_penalty,
                 "of tokens that were there already; 1: none");
  app.add_option("--seed", g.sampling.seed, "of all draws")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--stop", o.stops, "text that ends an answer; may be repeated")
      ->allow_extra_args(false);
  app.add_flag("--ignore-eos", o.ignore_eos, "do not end at the model's end-of-text tokens");
  app.add_option("--batch-size", g.batch_size, "sequences at a time, at most")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 16))
      ->capture_default_str();
}

int parse_and_run(int argc, char** argv) {
  Options o;
  CLI::App app{"Lets a model continue texts or answer conversations."};
  add_model_options(app, o);
  add_prompt_options(app, o);
  add_sampling_options(app, o);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return finish_parsing(app, e);
  }
  for (const std::string& stop : o.stops)
    if (stop.empty()) fail(ErrorCode::kUsage, "--stop: expected a text, found none");
  check_generation(o.generation);
  return run(o);
}

}  // namespace
}  // namespace hone

int main(int argc, char** argv) { return hone::tool_main(argc, argv, hone::parse_and_run); }
