// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/load_config.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "data/chat_template_files.h"
#include "tensor/check.h"
#include "train/config_aliases.h"
#include "train/config_errors.h"
#include "train/config_key_text.h"
#include "train/config_keys.h"
#include "train/config_rules.h"
#include "train/yaml.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

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
  void find_template_file(const ConfigValue& tree, std::string& jinja) {
    if (jinja.empty() || is_template_text(jinja)) return;
    const SourcePosition& at = tree.find("chat_template_jinja")->at;
    const FoundPath found = at.in_file() ? find_from_yaml(jinja, yaml_directory_, roots_)
                                         : find_from_command_line(jinja, roots_);
    if (found.path.empty())
      errors_.add(at, "chat_template_jinja: '" + jinja +
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

  // One name alone is a list of one.
  bool read_value(const ConfigValue& value, const NumberRange& range, const std::string& name,
                  std::vector<std::string>& out) {
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
                  InputPath& out) {
    if (!read_value(value, range, name, out.written)) return false;
    if (name == "base_model" && out.written.starts_with("random:")) return true;
    const bool is_dataset = name.ends_with(".path");
    if (is_dataset && (out.written == "json" || out.written == "jsonl"))
      return true;  // a kind of file; data_files says which
    if (name == "resume_from_checkpoint" && (out.written == "auto" || read_boolean(out.written)))
      return true;
    FoundPath found = value.at.in_file() ? find_from_yaml(out.written, yaml_directory_, roots_)
                                         : find_from_command_line(out.written, roots_);
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
    if (value.kind != ConfigValue::Kind::kList || value.items.empty()) return false;
    for (const ConfigValue& item : value.items) {
      if (item.kind != ConfigValue::Kind::kMap) return false;
      const std::string prefix = name + "." + std::to_string(out.size()) + ".";
      read_map(item, dataset_keys(), prefix, out.emplace_back());
      find_data_files(item, prefix, out.back());
    }
    return true;
  }

  // What a dataset's path and name leave open: data_files are in that folder.
  void find_data_files(const ConfigValue& item, const std::string& prefix, DatasetConfig& out) {
    if (out.path.path.empty() && out.data_files.empty() && !out.path.written.empty() &&
        !errors_.has(item.find("path")->at))
      errors_.add(item.find("path")->at, prefix + "path: '" + out.path.written +
                                             "' is a kind of file; give data_files as well");
    const fs::path folder = out.path.path / out.name;
    for (std::string& file : out.data_files) {
      const SourcePosition& at = item.find("data_files")->at;
      const FoundPath found = !out.path.path.empty()
                                  ? find_from_yaml((folder / file).string(), folder, roots_)
                              : at.in_file() ? find_from_yaml(file, yaml_directory_, roots_)
                                             : find_from_command_line(file, roots_);
      if (found.path.empty())
        errors_.add(at,
                    prefix + "data_files: '" + file + "' does not exist; " + places_tried(found));
      file = found.path.string();
    }
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

// PEFT's word for what axolotl calls lora_target_linear.
void expand_all_linear(TrainConfig& config) {
  if (config.lora_target_modules.pattern != "all-linear") return;
  config.lora_target_modules.pattern.clear();
  config.lora_target_linear = true;
}

// As axolotl has it: no evaluation at all.
void read_no_evaluations(TrainConfig& config) {
  if (config.evals_per_epoch != 0) return;
  config.evals_per_epoch.reset();
  config.eval_strategy = StepStrategy::kNo;
}

// What some keys say about others, so that the configuration written out says it too.
void resolve_implied(TrainConfig& config) {
  if (config.batch_size) {
    config.gradient_accumulation_steps = *config.batch_size / config.micro_batch_size;
    config.batch_size.reset();
  }
  if (!config.chat_template_jinja.empty()) config.chat_template = "jinja";
  if (config.save_steps) config.save_strategy = StepStrategy::kSteps;
  if (config.eval_steps) config.eval_strategy = StepStrategy::kSteps;
}

// The same setting under our name for its key.
Override by_our_name(const Override& change) {
  const size_t end = std::min(change.key.find('.'), change.key.size());
  const KeyAlias* alias = find_alias(std::string_view(change.key).substr(0, end));
  if (alias == nullptr) return change;
  ConfigValue value;
  value.kind = ConfigValue::Kind::kScalar;
  value.text = change.value;
  translate_value(*alias, value);
  for (const ConfigValue& item : value.items)
    value.text += (value.text.empty() ? "['" : ", '") + item.text + "'";
  if (!value.items.empty()) value.text += "]";
  return {std::string(alias->key) + change.key.substr(end), value.text, change.number};
}

// Tree and errors: what reading it so far has given.
LoadedConfig resolve(const ConfigValue& tree, const fs::path& yaml_directory,
                     const PathRoots& roots, ConfigErrors& errors,
                     std::vector<std::string> notices) {
  if (!tree.is_null() && tree.kind != ConfigValue::Kind::kMap)
    fail(ErrorCode::kUsage, tree.at.str(), ": expected 'key: value' lines, found ",
         tree.describe());
  LoadedConfig loaded = {{}, std::move(notices)};
  Reader reader(yaml_directory, roots, errors);
  reader.read_map(tree, train_keys(), "", loaded.config);
  reader.find_template_file(tree, loaded.config.chat_template_jinja);
  expand_all_linear(loaded.config);
  read_no_evaluations(loaded.config);
  for (std::string& notice : reader.notices()) loaded.notices.push_back(std::move(notice));
  check_rules(loaded.config, tree, errors, loaded.notices);
  errors.throw_if_any();
  resolve_implied(loaded.config);
  return loaded;
}

}  // namespace

fs::path default_output_dir(const PathRoots& roots, std::time_t now) {
  std::tm local = {};
  localtime_r(&now, &local);
  std::array<char, 32> name = {};
  std::strftime(name.data(), name.size(), "%Y-%m-%d_%H-%M-%S", &local);
  return roots.user_directory / "outputs" / name.data();
}

LoadedConfig resolve_config(const ConfigValue& tree, const fs::path& yaml_directory,
                            const PathRoots& roots) {
  ConfigErrors errors;
  std::vector<std::string> notices;
  ConfigValue ours = tree;
  resolve_aliases(ours, errors, notices);
  return resolve(ours, yaml_directory, roots, errors, std::move(notices));
}

LoadedConfig load_config(const CommandLine& command_line, const PathRoots& roots) {
  ConfigValue tree;
  fs::path yaml_directory;
  if (!command_line.config_path.empty()) {
    const FoundPath found = find_from_command_line(command_line.config_path, roots);
    if (found.path.empty())
      fail(ErrorCode::kUsage, "configuration file '", command_line.config_path,
           "' does not exist; ", places_tried(found));
    tree = parse_yaml_file(found.path, command_line.config_path);
    yaml_directory = found.path.parent_path();
  }
  ConfigErrors errors;
  std::vector<std::string> notices;
  resolve_aliases(tree, errors, notices);
  for (const Override& change : command_line.overrides) {
    try {
      const Override ours = by_our_name(change);
      if (ours.key != change.key) notices.push_back(change.key + " read as " + ours.key);
      apply_override(ours, tree);
    } catch (const Error& e) {
      errors.add(e.what());  // reported together with everything else
    }
  }
  return resolve(tree, yaml_directory, roots, errors, std::move(notices));
}

}  // namespace hone
