// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/training_data.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "train/chat_writer.h"
#include "train/config_keys.h"
#include "train/config_yaml.h"
#include "train/load_config.h"
#include "train/yaml.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

// A folder with files of rows, and what configurations make of them.
class Fixture {
 public:
  Fixture() {
    fs::create_directories(dir_ / "model");
    fs::copy("data/quickstart/tokenizer.json", dir_ / "model/tokenizer.json");
    fs::create_directories(dir_ / "hub/data");
    for (const char* name : {"rows.jsonl", "hub/data/train-0.jsonl"}) write(name, 20, 0);
    write("hub/data/test-0.jsonl", 3, 100);
  }
  void write(const std::string& name, int rows, int first) {
    std::ofstream file(dir_ / name);
    for (int i = first; i < first + rows; ++i)
      file << R"({"question": "q)" << i << R"(", "answer": "a"})" << '\n';
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
  }

  LoadedConfig loaded(const std::string& keys) {
    PathRoots roots;
    roots.user_directory = dir_.path();
    const std::string head = "base_model: model\nlearning_rate: 1\n";
    return resolve_config(parse_yaml(head + keys, "f.yaml"), dir_.path(), roots);
  }
  TrainConfig config(const std::string& keys) { return loaded(keys).config; }
  TrainingData load(const std::string& keys) {
    const LoadedConfig from = loaded(keys);
    const TrainConfig& c = from.config;
    ConfigProblems problems(from.places);
    check_chat(c, tokenizer(), problems);
    problems.throw_if_any();
    return load_training_data(c, tokenizer(), [&](const DatasetConfig& d) {
      ChatWriter writer = make_chat_writer(c, d, tokenizer());
      if (writer.eos_token.empty()) writer.eos_token = "<|im_end|>";  // for texts
      return writer;
    });
  }
  std::string text(const std::string& keys) {
    return tokenizer().decode(load(keys).train.example(0).ids);
  }
  // The first row as the keys of chat templates have it.
  std::string written(const std::string& keys) {
    return text("datasets: [{path: rows.jsonl}]\n" + keys);
  }
  std::string error(ErrorCode code, const std::string& keys) {
    return error_of(code, [&] { load(keys); });
  }
  std::string path(const std::string& name) { return dir_ / name; }

 private:
  TemporaryDirectory dir_;
};

const std::string kRows = "datasets: [{path: rows.jsonl}]\n";

std::multiset<uint64_t> hashes(const Dataset& dataset) {
  std::multiset<uint64_t> all;
  for (int64_t i = 0; i < dataset.size(); ++i) all.insert(dataset.hash(i));
  return all;
}

TEST_CASE("training data: rows held out, by the seed alone, in neither part twice") {
  Fixture f;
  const TrainingData all = f.load(kRows);
  CHECK(all.train.size() == 20);
  CHECK(all.validation.size() == 0);
  const TrainingData parts = f.load(kRows + "val_set_size: 0.2\nseed: 3\n");
  CHECK(parts.train.size() == 16);
  CHECK(parts.validation.size() == 4);
  auto both = hashes(parts.train);
  both.merge(hashes(parts.validation));
  CHECK(both == hashes(all.train));
  CHECK(f.load(kRows + "val_set_size: 4\nseed: 3\n").validation.fingerprint() ==
        parts.validation.fingerprint());
  CHECK(f.load(kRows + "val_set_size: 4\nseed: 4\n").validation.fingerprint() !=
        parts.validation.fingerprint());
  check_contains(f.error(ErrorCode::kUsage, kRows + "val_set_size: 20\n"),
                 "val_set_size: 20 of 20");
}

TEST_CASE(
    "training data: folders, their files by split, and test_datasets without what is trained") {
  Fixture f;
  TrainingData data =
      f.load("datasets: [{path: hub}]\ntest_datasets: [{path: hub, split: test}]\n");
  CHECK(data.train.size() == 20);
  CHECK(data.validation.size() == 3);
  CHECK(data.notices.empty());
  CHECK(f.load("datasets: [{path: hub, name: data}]\n").train.size() == 20);
  CHECK(f.load("datasets: [{path: hub, data_files: [data/test-0.jsonl]}]\n").train.size() == 3);
  CHECK(f.load("datasets: [{path: json, data_files: rows.jsonl}]\n").train.size() == 20);
  CHECK(
      f.load("datasets: [{path: rows.jsonl, split: 'train[:25%]'}, {path: hub}]\n").train.size() ==
      25);
  CHECK(f.load("datasets: [{path: rows.jsonl, shards: 4, shards_idx: 1}]\n").train.size() == 5);
  // Rows of the evaluation are not trained.
  data = f.load(kRows + "test_datasets: [{path: rows.jsonl, split: 'train[15:]'}]\n");
  CHECK(data.train.size() == 15);
  REQUIRE(data.notices.size() == 1);
  check_contains(data.notices[0], "5 examples dropped: they are in test_datasets too");
  check_contains(f.error(ErrorCode::kDataset, kRows + "test_datasets: [{path: rows.jsonl}]\n"),
                 "all of them are in test_datasets too");

  check_contains(f.error(ErrorCode::kUsage, "datasets: [{path: json}]\n"),
                 "give data_files as well");
  check_contains(f.error(ErrorCode::kUsage, "datasets: [{path: hub, data_files: [no.jsonl]}]\n"),
                 "f.yaml:3:36: datasets.0.data_files: 'no.jsonl' does not exist");
  check_contains(f.error(ErrorCode::kUsage, "datasets: [{path: org/rows}]\n"),
                 "hf download --repo-type dataset org/rows --local-dir org/rows");
}

TEST_CASE("training data: copies, and an order that is kept") {
  Fixture f;
  f.write("more.jsonl", 25, 10);
  const std::string two = "datasets: [{path: rows.jsonl}, {path: more.jsonl}]\n";
  CHECK(f.load(two).train.size() == 45);
  const TrainingData once = f.load(two + "dataset_exact_deduplication: true\n");
  CHECK(once.train.size() == 35);
  check_contains(once.notices.at(0), "10 examples dropped: equal to earlier ones");
  CHECK(sampler_settings(f.config(two)).shuffle);
  CHECK_FALSE(sampler_settings(f.config(two + "shuffle_merged_datasets: false\n")).shuffle);
  CHECK_FALSE(sampler_settings(f.config(two + "curriculum_sampling: true\n")).shuffle);
  CHECK(
      sampler_settings(f.config(two + "sample_packing: true\nsample_packing_sequentially: true\n"))
          .sequential_packing);
}

TEST_CASE("training data: every type of rows") {
  Fixture f;
  f.write("alpaca.jsonl", R"({"instruction": "Sing.", "input": "La", "output": "Lala"})");
  const auto alpaca = [&](const std::string& type) {
    return f.text("datasets: [{path: alpaca.jsonl, type: " + type + "}]\n");
  };
  CHECK(alpaca("alpaca").ends_with(
      "### Instruction:\nSing.\n\n### Input:\nLa\n\n### Response:\nLala<|im_end|>"));
  CHECK(alpaca("alpaca:chat").ends_with("\nUSER: Sing.\nLa\nASSISTANT:Lala<|im_end|>"));
  CHECK(alpaca("alpaca:chatml")
            .ends_with(
                "<|im_start|>user\nSing.\nLa<|im_end|>\n<|im_start|>assistant\nLala<|im_end|>"));
  CHECK(alpaca("alpaca:chat_template").starts_with("<|im_start|>user\nSing.\nLa<|im_end|>\n"));
  CHECK(alpaca("{format: 'Q {instruction} ({input}) A ', system_prompt: Now}") ==
        "NowQ Sing. (La) A Lala<|im_end|>");
  CHECK(alpaca("{format: '{instruction}{input}', no_input_format: '{instruction}: ', "
               "field_input: none}") == "Sing.: Lala<|im_end|>");
  CHECK(f.text("datasets: [{path: alpaca.jsonl, type: completion, field: output}]\n") ==
        "Lala<|im_end|>");
  CHECK(
      f.text("datasets: [{path: alpaca.jsonl, type: question_answer, field_question: instruction, "
             "field_answer: output}]\n")
          .starts_with("<|im_start|>user\nSing.<|im_end|>\n"));

  f.write("chat.jsonl", R"({"talk": [{"who": "me", "text": "Hi", "why": "r"}, )"
                        R"({"who": "you", "text": "Ho", "why": "think"}]})");
  const std::string chat = f.text(
      "datasets: [{path: chat.jsonl, type: chat_template, field_messages: talk, "
      "message_property_mappings: {role: who, content: text}, field_thinking: why, "
      "roles: {user: [me], assistant: [you]}}]\n");
  CHECK(chat.find("assistant\n<think>\nthink\n</think>\n\nHo<|im_end|>") != std::string::npos);
  f.write("segments.jsonl", R"({"segments": [{"text": "a", "label": true}, )"
                            R"({"text": "b", "label": true}]})");
  CHECK(f.text("datasets: [{path: segments.jsonl, type: input_output}]\n") == "ab");
  f.write("tokens.jsonl", R"({"input_ids": [5, 6]})");
  CHECK(f.load("datasets: [{path: tokens.jsonl, type: tokens}]\n").train.length(0) == 2);
}

TEST_CASE("training data: prepared tokens are used again") {
  Fixture f;
  const std::string keys = kRows + "dataset_prepared_path: prepared\n";
  const TrainingData first = f.load(keys), second = f.load(keys);
  CHECK(first.notices.empty());
  REQUIRE(second.notices.size() == 1);
  check_contains(second.notices[0], "are those prepared earlier: " + f.path("prepared"));
  CHECK(second.train.fingerprint() == first.train.fingerprint());
  // Another tokenizer gives other tokens.
  std::ofstream(f.path("model/tokenizer.json"), std::ios::app) << "\n";
  CHECK(f.load(keys).notices.empty());
}

TEST_CASE("training data: the keys of chat templates decide what conversations become") {
  Fixture f;
  const std::string user = "<|im_start|>user\nq0<|im_end|>\n<|im_start|>assistant\n";
  CHECK(f.written("") == user + "<think>\n\n</think>\n\na<|im_end|>\n");
  CHECK(f.written("chat_template: chatml\n") == user + "a<|im_end|>\n");
  CHECK(f.written("chat_template: chatml\ndefault_system_message: Sing.\n") ==
        "<|im_start|>system\nSing.<|im_end|>\n" + user + "a<|im_end|>\n");
  // What is learned is the answer, with or without a message that is not the row's.
  for (const char* system : {"", "default_system_message: Sing.\n"}) {
    const TrainingData data =
        f.load(std::string("datasets: [{path: rows.jsonl}]\nchat_template: chatml\n") + system);
    const TokenRow row = data.train.example(0);
    std::vector<int32_t> learned;
    for (size_t i = 0; i < row.ids.size(); ++i)
      if (row.is_label[i]) learned.push_back(row.ids[i]);
    CHECK(tokenizer().decode(learned) == "a<|im_end|>");
  }

  // A model's own template, and one of the configuration's.
  f.write("model/tokenizer_config.json",
          R"({"eos_token": "<|im_end|>", "chat_template": )"
          R"("{% for m in messages %}{{ m.role ~ ':' ~ m.content ~ eos_token }}{% endfor %}"})");
  CHECK(f.written("") == "user:q0<|im_end|>assistant:a<|im_end|>");
  CHECK(f.written("chat_template: tokenizer_default_fallback_chatml\n") == f.written(""));
  CHECK(f.written("special_tokens: {eos_token: <|endoftext|>}\n") ==
        "user:q0<|endoftext|>assistant:a<|endoftext|>");
  f.write("own.jinja", "{% for m in messages %}[{{ m.content }}]{% endfor %}");
  CHECK(f.written("chat_template: jinja\nchat_template_jinja: own.jinja\n") == "[q0][a]");
  CHECK(f.written("chat_template_jinja: own.jinja\n") == "[q0][a]");
  CHECK(f.written(
            "chat_template_jinja: \"{% for m in messages %}<{{ m.content }}>{% endfor %}\"\n") ==
        "<q0><a>");

  // Variables of the template; a row's own ones are stronger.
  const std::string shows =
      "chat_template_jinja: \"{% for m in messages %}{{ m.content }}|{{ a }}|"
      "{{ b }}|{{ c }}|{{ d is string }};{% endfor %}\"\n";
  CHECK(f.written(shows + "chat_template_kwargs: {a: False, b: 3, c: x y, d: y}\n") ==
        "q0|False|3|x y|True;a|False|3|x y|True;");
  f.write("vars.jsonl",
          "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": "
          "\"assistant\", \"content\": \"w\"}], \"chat_template_kwargs\": {\"b\": 4}}");
  CHECK(f.text("datasets: [{path: vars.jsonl}]\n" + shows +
               "chat_template_kwargs: {a: 0.5, b: 3}\n") == "q|0.5|4||False;w|0.5|4||False;");
  // They are part of what kept tokens are known by.
  const auto kept = [&](const std::string& value) {
    return !f.load(kRows + "dataset_prepared_path: kept\n" + shows +
                   "chat_template_kwargs: {a: " + value + "}\n")
                .notices.empty();
  };
  CHECK_FALSE(kept("1"));
  CHECK(kept("1"));
  CHECK_FALSE(kept("2"));

  const auto refused = [&](ErrorCode code, const std::string& keys, const std::string& part) {
    check_contains(error_of(code, [&] { f.written(keys); }), part);
  };
  refused(ErrorCode::kUsage, "chat_template_jinja: none.jinja\n", "nor a file that exists; tried ");
  refused(ErrorCode::kUsage, "eot_tokens: [<|none|>]\n", "eot_tokens: the tokenizer in ");
  refused(ErrorCode::kUsage, "special_tokens: {eos_token: <|none|>}\n",
          "special_tokens.eos_token: the tokenizer in ");
  refused(ErrorCode::kUsage, "special_tokens: {additional_special_tokens: [<|none|>]}\n",
          "special_tokens.additional_special_tokens: the tokenizer in ");
  refused(
      ErrorCode::kUsage, "chat_template: llama3\n",
      "<|start_header_id|> is not one of the tokenizer's added tokens, but chat_template llama3");
  // All of them at once, each with its place.
  const std::string all = error_of(ErrorCode::kUsage, [&] {
    f.written(
        "special_tokens: {eos_token: <|none|>}\neot_tokens: [<|none|>]\nchat_template: llama3\n");
  });
  for (const char* part :
       {"3 problems in the configuration:\n", "f.yaml:4:18: special_tokens.eos_token: ",
        "f.yaml:5:1: eot_tokens: ", "f.yaml:6:1: chat_template: "})
    check_contains(all, part);
  check_contains(
      f.error(ErrorCode::kUsage, "datasets: [{path: rows.jsonl, chat_template: llama3}]\n"),
      "f.yaml:3:31: datasets.0.chat_template: ");
}

TEST_CASE("training data: several splits, and files by a pattern") {
  Fixture f;
  const auto questions = [&](const std::string& item) {
    const TrainingData data = f.load("datasets: [{path: " + item + "}]\nchat_template: chatml\n");
    std::string all;
    for (int64_t i = 0; i < data.train.size(); ++i) {
      const std::string text = tokenizer().decode(data.train.example(i).ids);
      const size_t begin = text.find("user\n") + 5;
      all += text.substr(begin, text.find("<|im_end|>") - begin) + " ";
    }
    return all;
  };
  CHECK(questions("rows.jsonl, split: 'train[:10%]+train[-10%:]'") == "q0 q1 q18 q19 ");
  CHECK(questions("hub, split: 'train[1:2]+test[:2]'") == "q1 q100 q101 ");
  CHECK(questions("hub, split: train, data_files: 'data/te*.jsonl'") == "q100 q101 q102 ");
  CHECK(questions("hub, split: 'train[:2]', data_files: '**/t*.jsonl'") == "q100 q101 ");
  CHECK(questions("json, split: 'train[:1]', data_files: ['hub/*/train-?.jsonl']") == "q0 ");
  check_contains(f.error(ErrorCode::kUsage, "datasets: [{path: hub, data_files: 'data/*.json'}]\n"),
                 "datasets.0.data_files: 'data/*.json' matches no file; tried ");
  // The path itself.
  CHECK(questions("'hub/data/te*.jsonl'") == "q100 q101 q102 ");
  CHECK(questions("'hub/**/t*.jsonl', split: 'train[2:4]'") == "q102 q0 ");
  CHECK(questions("'h*/data/test-[0-9].jsonl', ds_type: jsonl") == "q100 q101 q102 ");
  const auto refused = [&](const std::string& item, const std::string& part) {
    check_contains(f.error(ErrorCode::kUsage, "datasets: [{path: " + item + "}]\n"), part);
  };
  refused("'hub/*.json'", "f.yaml:3:19: datasets.0.path: 'hub/*.json' matches no file; tried ");
  refused("'hub/*', name: data", "datasets.0.name: is a folder in path, but path is a pattern");
}

// The settings that a run records mean the same files.
TEST_CASE("training data: a pattern is recorded with its files") {
  Fixture f;
  const TrainConfig c = f.config("datasets: [{path: 'hub/data/te*.jsonl'}]\n");
  const TrainConfig again =
      f.config("datasets: " + value_yaml(*find_key(train_keys(), "datasets"), c) + "\n");
  CHECK(again.datasets[0].data_files == c.datasets[0].data_files);
  CHECK(c.datasets[0].data_files == std::vector<std::string>{f.path("hub/data/test-0.jsonl")});
}

TEST_CASE("training data: a dataset can have a template of its own") {
  Fixture f;
  const std::string user = "<|im_start|>user\nq0<|im_end|>\n<|im_start|>assistant\n";
  f.write("own.jinja", "{% for m in messages %}[{{ m.content }}]{% endfor %}");
  const TrainingData data = f.load(
      "datasets:\n  - {path: rows.jsonl}\n  - {path: rows.jsonl, chat_template: qwen3_5}\n"
      "  - {path: rows.jsonl, chat_template: jinja, chat_template_jinja: own.jinja}\n"
      "  - path: rows.jsonl\n    chat_template_jinja: '{% for m in messages %}<{{ m.content }}>"
      "{% endfor %}'\nchat_template: chatml\ndefault_system_message:\n");
  const auto first = [&](int64_t item) {
    return tokenizer().decode(data.train.example(20 * item).ids);
  };
  CHECK(first(0) == user + "a<|im_end|>\n");
  CHECK(first(1) == user + "<think>\n\n</think>\n\na<|im_end|>\n");
  CHECK(first(2) == "[q0][a]");
  CHECK(first(3) == "<q0><a>");
  // The run's text belongs to the run's name.
  CHECK(f.text("datasets: [{path: rows.jsonl, chat_template: chatml}]\n"
               "chat_template_jinja: own.jinja\n") == user + "a<|im_end|>\n");
}

TEST_CASE("training data: a token that is made special ends a turn") {
  Fixture f;
  // Behind the answer stands a token that the tokenizer does not call special.
  f.write("own.jinja", "{% for m in messages %}{{ m.role }}:{{ m.content }}<think>{% endfor %}");
  const std::string keys = "chat_template_jinja: own.jinja\ndatasets: [{path: rows.jsonl}]\n";
  const int64_t with = f.load(keys + "special_tokens: {additional_special_tokens: [<think>]}\n")
                           .train.total_labels();
  const int64_t without = f.load(
                               "chat_template_jinja: own.jinja\n"
                               "datasets: [{path: rows.jsonl, train_on_eot: none}]\n"
                               "special_tokens: {additional_special_tokens: [<think>]}\n")
                              .train.total_labels();
  CHECK(without == with - 20);  // one a row: the mark
}

TEST_CASE("training data: a mark that ends a turn is learned as train_on_eot says") {
  Fixture f;
  const auto labels = [&](const std::string& keys) {
    return f.load("chat_template: chatml\n" + keys).train.total_labels();
  };
  const std::string eot = "special_tokens: {eos_token: <|endoftext|>}\neot_tokens: [<|im_end|>]\n";
  const std::string rows = "datasets: [{path: rows.jsonl, train_on_eot: ";
  const int64_t with = labels(eot + rows + "turn}]\n");
  CHECK(labels(eot + rows + "none}]\n") == with - 20);  // one a row
}

TEST_CASE("training data: the counts for programs") {
  Fixture f;
  f.write("long.jsonl", R"({"question": "q", "answer": ")" + std::string(400, 'x') + "\"}\n" +
                            R"({"question": "q", "answer": "a"})");
  const Json json =
      describe_data(f.load("datasets: [{path: long.jsonl}, {path: rows.jsonl}]\nval_set_size: 5\n"
                           "sequence_len: 64\n"));
  CHECK(json["files"].size() == 2);
  CHECK(json["files"][0]["too_long"] == 1);
  CHECK(json["files"][0]["format"] == "question/answer");
  CHECK(json["train"]["examples"] == 16);
  CHECK(json["validation"]["examples"] == 5);
}

}  // namespace
}  // namespace hone
