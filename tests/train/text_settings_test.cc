// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/text_settings.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/chat_template_files.h"
#include "data/conversation.h"
#include "data/file.h"
#include "models/generation.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "tests/models/tiny_model.h"
#include "train/chat_writer.h"
#include "train/load_config.h"
#include "train/yaml.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwn =
    "{% for m in messages %}{{ m.role ~ ':' ~ m.content ~ eos_token }}{% endfor %}";

// A model's folder with a template in tokenizer_config.json, two files of rows, and what runs leave.
class Fixture {
 public:
  Fixture() {
    fs::create_directories(dir_ / "model");
    fs::create_directories(dir_ / "out");
    fs::copy("data/quickstart/tokenizer.json", dir_ / "model/tokenizer.json");
    write("model/tokenizer_config.json", std::string("{\n \"eos_token\": \"<|im_end|>\",\n") +
                                             "   \"chat_template\": \"" + kOwn +
                                             "\",\n\"pad_token\": {\"content\": \"<|endoftext|>\", "
                                             "\"lstrip\": true}}");
    write("model/special_tokens_map.json", "{ \"eos_token\" : \"<|im_end|>\" }");
    write("model/generation_config.json", "{\"top_k\": 20,   \"eos_token_id\": 7}");
    write("chat.jsonl", "{\"question\": \"q\", \"answer\": \"a\"}\n");
    write("text.jsonl", "{\"text\": \"some words\"}\n");
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) { return read_file(dir_ / name, ErrorCode::kDisk); }
  bool has(const std::string& name) { return fs::exists(dir_ / name); }

  TextSettings settings(const std::string& keys) {
    PathRoots roots;
    roots.user_directory = dir_.path();
    const TrainConfig c =
        resolve_config(parse_yaml("base_model: model\nlearning_rate: 1\n" + keys, "f.yaml"),
                       dir_.path(), roots)
            .config;
    return text_settings(c, tokenizer(), load_training_data(c, tokenizer(), [&](const auto& d) {
                           return make_chat_writer(c, d, tokenizer());
                         }));
  }
  // What a run with these keys exports.
  TextSettings export_files(const std::string& keys, const std::vector<int64_t>& stops = {7}) {
    const TextSettings s = settings(keys);
    write_tokenizer_files(dir_ / "out", dir_ / "model", s);
    write_generation_config(dir_ / "out", dir_ / "model", s, stops);
    return s;
  }
  Json json(const std::string& name) { return load_json(dir_ / name).raw(); }
  std::string path(const std::string& name) { return dir_ / name; }

  static const Tokenizer& tokenizer() {
    static const Tokenizer t = Tokenizer::load("data/quickstart");
    return t;
  }
  static int32_t id(const char* token) { return tokenizer().token_to_id(token).value(); }

 private:
  TemporaryDirectory dir_;
};

// The text of a built-in template.
std::string builtin(const std::string& name) {
  ChatTemplateChoice choice;
  choice.name = name;
  return chat_template_text(choice, "");
}

const std::string kChat = "datasets: [{path: chat.jsonl}]\n";

TEST_CASE("text settings: a run that changes nothing copies byte for byte") {
  Fixture f;
  const std::vector<int64_t> stops = {7, Fixture::id("<|im_end|>")};
  f.write("model/generation_config.json",
          "{\"eos_token_id\":  [7, " + std::to_string(stops[1]) + "]}");
  for (const char* keys : {"", "chat_template: tokenizer_default\n",
                           "special_tokens: {eos_token: <|im_end|>, pad_token: <|endoftext|>}\n",
                           "special_tokens: {additional_special_tokens: [<|im_start|>]}\n"}) {
    CAPTURE(keys);
    CHECK(f.export_files(kChat + keys, stops).changes_nothing(stops));
    for (const char* file : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                             "generation_config.json"})
      CHECK(f.read("out/" + std::string(file)) == f.read("model/" + std::string(file)));
    CHECK_FALSE(f.has("out/chat_template.jinja"));
    CHECK_FALSE(f.has("out/merges.txt"));
  }
  const std::string text = "{% for m in messages %}[{{ m.content }}{{ eos_token }}]{% endfor %}";
  f.write("model/chat_template.jinja", text);
  CHECK(f.export_files(kChat + "chat_template_jinja: \"" + text + "\"\n", stops)
            .changes_nothing(stops));
  CHECK(f.read("out/chat_template.jinja") == text);
}

// A model that was never asked anything stops at the end of a text, not of a turn.
TEST_CASE("text settings: the model's own template ends answers with a stop token") {
  Fixture f;
  const TextSettings s = f.export_files(kChat);
  CHECK(s.chat_template.empty());
  CHECK(s.stop_tokens == std::vector<int64_t>{Fixture::id("<|im_end|>")});
  CHECK_FALSE(s.changes_nothing({7}));
  CHECK(f.json("out/generation_config.json")["eos_token_id"] ==
        Json::array({7, Fixture::id("<|im_end|>")}));
  CHECK(f.read("out/tokenizer_config.json") == f.read("model/tokenizer_config.json"));
}

TEST_CASE("text settings: another template goes along, and the old one does not stay") {
  Fixture f;
  const TextSettings s = f.export_files(kChat + "chat_template: qwen3_5\n");
  CHECK(s.chat_template == builtin("qwen3_5"));
  CHECK(f.read("out/chat_template.jinja") == s.chat_template);
  const Json config = f.json("out/tokenizer_config.json");
  CHECK_FALSE(config.contains("chat_template"));
  CHECK(config["eos_token"] == "<|im_end|>");
  CHECK(config["pad_token"]["lstrip"] == true);
  CHECK(f.read("out/special_tokens_map.json") == f.read("model/special_tokens_map.json"));
  // The token that ends the template's answers ends generation, as do the model's own.
  const Json generation = f.json("out/generation_config.json");
  CHECK(generation["top_k"] == 20);
  CHECK(generation["eos_token_id"] == Json::array({7, Fixture::id("<|im_end|>")}));
  ModelConfig model = test::tiny_config(false);
  model.vocab_size = Fixture::tokenizer().vocab_size();
  CHECK(load_stop_tokens(f.path("out"), model) ==
        std::vector<int64_t>{7, Fixture::id("<|im_end|>")});

  // Whoever asks the result gets the prompt of the training.
  const ChatTemplate loaded = load_chat_template({}, f.path("out"), Fixture::tokenizer());
  ChatTemplateChoice choice;
  choice.name = "qwen3_5";
  const ChatTemplate trained = load_chat_template(choice, f.path("model"), Fixture::tokenizer());
  Conversation c;
  c.messages.push_back(chat_message("user", "Hi"));
  CHECK(loaded.prompt(c) == trained.prompt(c));
  CHECK(loaded.prompt(c) !=
        load_chat_template({}, f.path("model"), Fixture::tokenizer()).prompt(c));
}

TEST_CASE("text settings: the template of the datasets, or the run's where they differ") {
  Fixture f;
  const std::string chatml = builtin("chatml");
  const std::string own = "{path: chat.jsonl, chat_template: chatml}";
  CHECK(f.settings("datasets: [" + own + ", " + own + "]\n").chat_template == chatml);
  CHECK(f.settings("datasets: [" + own + ", {path: chat.jsonl}]\n").chat_template.empty());
  CHECK(f.settings("datasets: [" + own + ", {path: chat.jsonl}]\nchat_template: qwen3_5\n")
            .chat_template == builtin("qwen3_5"));
  // A template that wrote nothing is none of the result's business.
  CHECK(f.settings("datasets: [{path: text.jsonl}]\nchat_template: qwen3_5\n").changes_nothing({}));
  CHECK_FALSE(f.settings("datasets: [{path: text.jsonl}, {path: chat.jsonl}]\n"
                         "chat_template: qwen3_5\n")
                  .changes_nothing({}));
  // The one that is used where a folder has none.
  f.write("model/tokenizer_config.json", "{\"eos_token\": \"<|im_end|>\"}");
  CHECK(f.export_files(kChat).chat_template == builtin("qwen3_5_nothink"));
  CHECK(f.read("out/tokenizer_config.json") == f.read("model/tokenizer_config.json"));
}

TEST_CASE("text settings: special tokens are where transformers looks for them") {
  Fixture f;
  const TextSettings s = f.export_files(
      kChat +
      "special_tokens: {eos_token: <|endoftext|>, pad_token: <|im_end|>, bos_token: <|im_start|>,\n"
      "  additional_special_tokens: [<think>, <|im_end|>]}\n");
  CHECK(s.chat_template.empty());
  const Json config = f.json("out/tokenizer_config.json");
  CHECK(config["eos_token"] == "<|endoftext|>");
  CHECK(config["bos_token"] == "<|im_start|>");
  CHECK(config["pad_token"] == Json::parse(R"({"content": "<|im_end|>", "lstrip": true})"));
  CHECK(config["additional_special_tokens"] == Json::array({"<think>"}));
  CHECK(config["chat_template"] == kOwn);
  CHECK(f.json("out/special_tokens_map.json")["eos_token"] == "<|endoftext|>");
  CHECK(f.json("out/generation_config.json")["eos_token_id"] ==
        Json::array({7, Fixture::id("<|endoftext|>")}));
  CHECK(load_special_tokens(f.path("out")).at("eos_token") == "<|endoftext|>");
  // Without conversations as well.
  CHECK(
      f.export_files("datasets: [{path: text.jsonl}]\nspecial_tokens: {eos_token: <|endoftext|>}\n")
          .stop_tokens == std::vector<int64_t>{Fixture::id("<|endoftext|>")});
  // Files that there are not.
  for (const char* file :
       {"tokenizer_config.json", "special_tokens_map.json", "generation_config.json"})
    fs::remove(f.path("model/" + std::string(file)));
  f.export_files(kChat + "special_tokens: {eos_token: <|endoftext|>}\nchat_template: chatml\n");
  CHECK(f.json("out/tokenizer_config.json") == Json::parse(R"({"eos_token": "<|endoftext|>"})"));
  CHECK_FALSE(f.has("out/special_tokens_map.json"));
  CHECK(f.json("out/generation_config.json")["eos_token_id"].size() == 3);
  remove_text_files(f.path("out"));
  CHECK(fs::is_empty(f.path("out")));
  // One stop token alone is a number.
  TextSettings one;
  one.stop_tokens = {3};
  write_generation_config(f.path("out"), "", one, {});
  CHECK(f.read("out/generation_config.json") == "{\n  \"eos_token_id\": 3\n}\n");

  f.write("model/tokenizer_config.json", "[]");
  check_contains(error_of(ErrorCode::kModel,
                          [&] { write_tokenizer_files(f.path("out"), f.path("model"), one); }),
                 "expected an object");
}

}  // namespace
}  // namespace hone
