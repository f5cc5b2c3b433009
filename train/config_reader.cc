// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_reader.h"

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include "data/chat_template_files.h"
#include "data/regex.h"
#include "data/special_token_names.h"
#include "train/config_key_text.h"
#include "train/config_keys.h"
#include "train/data_files.h"
#include "train/dataset_roles.h"
#include "train/file_pattern.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRandom = "random:";

// Reads a tree by the table. Problems go to `errors`; the member then keeps its default.
class Reader {
 public:
  Reader(const fs::path& yaml_directory, const PathRoots& roots, ConfigErrors& errors)
      : yaml_directory_(yaml_directory), roots_(roots), errors_(errors) {}

  // Reads the map `tree` into `out`. `prefix` stands before the keys' names: "", "datasets.0.".
  template <class T>
  void read_map(const ConfigValue& tree, const std::vector<ConfigKey<T>>& keys,
                const std::string& prefix, T& out) {
    for (const ConfigEntry& entry : tree.entries) {
      const ConfigKey<T>* key = find_key(keys, entry.key);
      if (key == nullptr) {
        reject_unknown(entry, keys, prefix);
      } else if (key->use == KeyUse::kHonoured) {
        if (!entry.value.is_null()) read_member(*key, entry.value, prefix + entry.key, out);
      } else if (!entry.value.is_off()) {
        remark(*key, entry, prefix);
      }
    }
    for (const ConfigKey<T>& key : keys) {
      const ConfigValue* value = tree.find(key.name);
      if (!key.required || (value != nullptr && !value->is_null())) continue;
      const std::string message = prefix + std::string(key.name) + ": required, but not given (" +
                                  std::string(key.meaning) + ")";
      if (prefix.empty()) {
        errors_.add(message);
      } else {
        errors_.add(tree.at, message);
      }
    }
  }

  // chat_template_jinja may be the path of a file.
  void find_template_file(const ConfigValue& tree, const std::string& prefix, std::string& jinja) {
    if (jinja.empty() || is_template_text(jinja)) return;
    const SourcePosition& at = tree.find("chat_template_jinja")->at;
    const FoundPath found = find(jinja, at);
    if (found.path.empty())
      errors_.add(at, prefix + "chat_template_jinja: '" + jinja +
                          "' is neither a template, which has {{ or {%, nor a file that exists; " +
                          places_tried(found));
    jinja = found.path.string();
  }

  // One line for every reason why keys have no effect, naming those keys.
  std::vector<std::string> notices() const {
    std::vector<std::string> lines = remarks_;
    for (const auto& [why, names] : inert_) lines.push_back(names + ": no effect: " + why);
    return lines;
  }

 private:
  // A path is relative to where it is written: the YAML file's folder or the working directory.
  FoundPath find(const std::string& path, const SourcePosition& at) const {
    return at.in_file() ? find_from_yaml(path, yaml_directory_, roots_)
                        : find_from_command_line(path, roots_);
  }

  template <class T>
  void reject_unknown(const ConfigEntry& entry, const std::vector<ConfigKey<T>>& keys,
                      const std::string& prefix) {
    const std::string nearest = nearest_key(keys, entry.key);
    errors_.add(entry.at, "unknown key '" + prefix + entry.key + "'" +
                              (nearest.empty() ? "; --help lists the known ones"
                                               : "; did you mean '" + prefix + nearest + "'?"));
  }

  // For a key of the table that is not honoured and whose value asks for something.
  template <class T>
  void remark(const ConfigKey<T>& key, const ConfigEntry& entry, const std::string& prefix) {
    if (key.use == KeyUse::kRefused) {
      const ConfigValue& value = entry.value;
      const ConfigValue& word = value.items.size() == 1 ? value.items[0] : value;
      if (!key.allowed.empty() && word.text == key.allowed) return;
      errors_.add(entry.at, prefix + entry.key + ": not supported: " + std::string(key.meaning));
    } else {
      std::string& names = inert_[std::string(key.meaning)];
      names += (names.empty() ? "" : ", ") + prefix + entry.key;
    }
  }

  template <class T>
  void read_member(const ConfigKey<T>& key, const ConfigValue& value, const std::string& name,
                   T& out) {
    const auto read = [&](const auto& member) {
      using M = std::decay_t<decltype(member)>;
      if constexpr (std::is_same_v<M, std::monostate>) {
        return true;
      } else if constexpr (std::is_same_v<M, ChoiceMember<T>>) {
        return read_choice(member, value, name, out);
      } else {
        return read_value(value, key.range, name, out.*member);
      }
    };
    hub_model_ = key.hub_model;
    if (!std::visit(read, key.member))
      errors_.add(value.at, name + ": expected " + expected_text(key) + ", found " +
                                value.describe() +
                                (key.others.empty() ? "" : "; " + std::string(key.others)));
    else if (key.patterns)
      check_patterns(value, name, std::holds_alternative<ModuleSelection T::*>(key.member));
  }

  void check_patterns(const ConfigValue& value, const std::string& name, bool items_are_names) {
    const auto check = [&](const std::string& pattern, const SourcePosition& at) {
      try {
        Regex::compile(pattern, Regex::Syntax::kPattern, name);
      } catch (const Error& e) {
        errors_.add(at, e.what());
      }
    };
    if (value.kind == ConfigValue::Kind::kScalar) check(value.text, value.at);
    for (const ConfigEntry& entry : value.entries) check(entry.key, entry.at);
    if (items_are_names) return;
    for (const ConfigValue& item : value.items) check(item.text, item.at);
  }

  // Each of these reads one type; false: the value has the wrong form or is out of range.

  template <class T>
  bool read_choice(const ChoiceMember<T>& member, const ConfigValue& value, const std::string& name,
                   T& out) {
    if (value.kind != ConfigValue::Kind::kScalar) return false;
    // "on" and "True" mean the choice "true".
    const std::optional<bool> boolean = read_boolean(value.text);
    for (const Choice& choice : member.choices) {
      const bool same =
          choice.word == value.text || (boolean && choice.word == (*boolean ? "true" : "false"));
      if (!same) continue;
      member.set(out, choice.value);
      if (!choice.note.empty())
        remarks_.push_back(name + ": " + value.text + ": " + std::string(choice.note));
      return true;
    }
    return false;
  }

  template <class V>
  static bool store(const std::optional<V>& read, const NumberRange& range, V& out) {
    if (!read || !range.contains(static_cast<double>(*read))) return false;
    out = *read;
    return true;
  }

  bool read_value(const ConfigValue& value, const NumberRange&, const std::string&, bool& out) {
    const std::optional<bool> read = read_boolean(value.text);
    out = read.value_or(out);
    return read.has_value();
  }
  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string&,
                  int64_t& out) {
    return store(read_integer(value.text), range, out);
  }
  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string&,
                  double& out) {
    return store(read_number(value.text), range, out);
  }
  bool read_value(const ConfigValue& value, const NumberRange&, const std::string&, ByteSize& out) {
    const std::optional<int64_t> read = read_byte_size(value.text);
    out.bytes = read.value_or(0);
    return read.has_value();
  }
  template <class V>
  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string& name,
                  std::optional<V>& out) {
    return read_value(value, range, name, out.emplace());
  }

  bool read_value(const ConfigValue& value, const NumberRange&, const std::string&,
                  std::string& out) {
    if (value.kind != ConfigValue::Kind::kScalar || value.text.empty()) return false;
    out = value.text;
    return true;
  }

  // One alone is a list of one.
  template <class V>
  requires(!std::is_same_v<V, DatasetConfig>) bool read_value(const ConfigValue& value,
                                                              const NumberRange& range,
                                                              const std::string& name,
                                                              std::vector<V>& out) {
    out.clear();
    if (value.kind == ConfigValue::Kind::kScalar)
      return read_value(value, range, name, out.emplace_back());
    if (value.kind != ConfigValue::Kind::kList) return false;
    for (const ConfigValue& item : value.items)
      if (!read_value(item, range, name, out.emplace_back())) return false;
    return true;
  }

  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string& name,
                  ModuleSelection& out) {
    out = {};
    if (value.kind == ConfigValue::Kind::kScalar)
      return read_value(value, range, name, out.pattern);
    return read_value(value, range, name, out.names);
  }

  template <class V>
  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string& name,
                  std::map<std::string, V>& out) {
    return read_members(value, range, name, [&](const std::string& key) -> V& { return out[key]; });
  }
  template <class V>
  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string& name,
                  NamedValues<V>& out) {
    return read_members(value, range, name, [&](const std::string& key) -> V& {
      return out.emplace_back(key, V()).second;
    });
  }

  // place(key): where the value of a key goes.
  template <class Place>
  bool read_members(const ConfigValue& value, const NumberRange& range, const std::string& name,
                    Place place) {
    if (value.kind != ConfigValue::Kind::kMap) return false;
    for (const ConfigEntry& entry : value.entries) {
      if (entry.value.is_null()) continue;  // not given
      auto& out = place(entry.key);
      constexpr bool text = std::is_same_v<decltype(out), std::string&>;
      if (!read_value(entry.value, range, name, out))
        errors_.add(entry.value.at, name + "." + entry.key + ": expected " +
                                        (text ? "text" : "a number") + range.str() + ", found " +
                                        entry.value.describe());
    }
    return true;
  }

  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string& name,
                  SpecialTokens& out) {
    if (value.kind != ConfigValue::Kind::kMap) return false;
    for (const ConfigEntry& entry : value.entries) {
      const std::string key = name + "." + entry.key;
      const bool additional = entry.key == kAdditionalSpecialTokens;
      if (!additional && std::find(kSpecialTokenNames.begin(), kSpecialTokenNames.end(),
                                   entry.key) == kSpecialTokenNames.end()) {
        std::string names;
        for (const std::string_view known : kSpecialTokenNames) names.append(known).append(", ");
        errors_.add(entry.at, "unknown key '" + key + "'; expected " + names +
                                  std::string(kAdditionalSpecialTokens));
        continue;
      }
      if (entry.value.is_null()) continue;  // not given
      if (additional ? !read_value(entry.value, range, key, out.additional)
                     : !read_value(entry.value, range, key, out.texts[entry.key]))
        errors_.add(entry.value.at, key + ": expected " +
                                        (additional ? "a list of texts" : "text") + ", found " +
                                        entry.value.describe());
    }
    return true;
  }

  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string& name,
                  InputPath& out) {
    if (!read_value(value, range, name, out.written)) return false;
    if (name == "base_model" && out.written.starts_with(kRandom)) {
      const std::string shape = out.written.substr(kRandom.size());
      if (shape.find('/') == std::string::npos) return true;  // a preset
      const FoundPath folder = find(shape, value.at);
      if (folder.path.empty())
        errors_.add(value.at, name + ": '" + shape + "' does not exist; " + places_tried(folder));
      out.written = std::string(kRandom) + folder.path.string();
      return true;
    }
    const bool is_dataset = name.ends_with(".path");
    if (is_dataset && (out.written == "json" || out.written == "jsonl"))
      return true;  // a kind of file; data_files says which
    if (name == "resume_from_checkpoint" && (out.written == "auto" || read_boolean(out.written)))
      return true;
    FoundPath found = find(out.written, value.at);
    if (found.path.empty() && is_dataset && is_file_pattern(out.written))
      return true;  // find_data_files looks for them
    std::string hint;
    if (found.path.empty() && is_dataset && is_hub_name(out.written))
      hint = "; hone downloads nothing, fetch it with: hf download --repo-type dataset " +
             out.written + " --local-dir " + out.written;
    if (found.path.empty() && hub_model_ && is_hub_name(out.written)) {
      const FoundPath cached = find_in_hub_cache(out.written);
      found.path = cached.path;
      found.tried.insert(found.tried.end(), cached.tried.begin(), cached.tried.end());
      out.by_name = !cached.path.empty();
      hint = "; hone downloads nothing, fetch it with: hf download " + out.written;
    }
    out.path = found.path;
    if (found.path.empty())
      errors_.add(value.at,
                  name + ": '" + out.written + "' does not exist; " + places_tried(found) + hint);
    return true;
  }

  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string& name,
                  fs::path& out) {
    std::string written;
    if (!read_value(value, range, name, written)) return false;
    out = output_path(written, roots_);
    return true;
  }

  bool read_value(const ConfigValue& value, const NumberRange&, const std::string& name,
                  std::vector<DatasetConfig>& out) {
    if (value.kind != ConfigValue::Kind::kList) return false;
    if (value.items.empty())
      errors_.add(value.at, name + ": expected at least one {path: ...}, found an empty list");
    for (size_t i = 0; i < value.items.size(); ++i) {
      const ConfigValue& item = value.items[i];
      const std::string place = name + "." + std::to_string(i), prefix = place + ".";
      if (item.kind != ConfigValue::Kind::kMap) {
        errors_.add(item.at, place + ": expected {path: ...}, found " + item.describe());
        continue;
      }
      read_map(item, dataset_keys(), prefix, out.emplace_back());
      find_data_files(item, prefix, {yaml_directory_, roots_}, errors_, out.back());
      check_roles_to_train(item, prefix, out.back(), errors_);
      find_template_file(item, prefix, out.back().chat_template_jinja);
    }
    return true;
  }

  // A word, or the prompt itself.
  bool read_value(const ConfigValue& value, const NumberRange&, const std::string& name,
                  DatasetType& out) {
    if (value.kind == ConfigValue::Kind::kMap) {
      out.word = RowType::kOwnPrompt;
      read_map(value, own_prompt_keys(), name + ".", out.prompt);
      return true;
    }
    for (const Choice& choice : row_type_words())
      if (value.kind == ConfigValue::Kind::kScalar && choice.word == value.text) {
        out.word = static_cast<RowType>(choice.value);
        return true;
      }
    return false;
  }

  const fs::path& yaml_directory_;
  const PathRoots& roots_;
  ConfigErrors& errors_;
  bool hub_model_ = false;                    // the path being read may be a model's name
  std::vector<std::string> remarks_;          // about chosen words
  std::map<std::string, std::string> inert_;  // why -> the keys
};

}  // namespace

std::vector<std::string> read_config(const ConfigValue& tree, const fs::path& yaml_directory,
                                     const PathRoots& roots, ConfigErrors& errors,
                                     TrainConfig& config) {
  Reader reader(yaml_directory, roots, errors);
  reader.read_map(tree, train_keys(), "", config);
  reader.find_template_file(tree, "", config.chat_template_jinja);
  return reader.notices();
}

}  // namespace hone
