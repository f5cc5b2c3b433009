// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/yaml.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr std::string_view kMergeKey = "<<";

// yaml-cpp counts lines and columns from 0.
SourcePosition position(const std::string& source, const YAML::Mark& mark) {
  return {source, mark.line + 1, mark.column + 1};
}

template <class... Parts>
[[noreturn]] void reject(const SourcePosition& at, const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  fail(ErrorCode::kUsage, printable(at.str(), 4096), ": ", printable(message.str(), 1000));
}

int64_t node_count(const ConfigValue& value) {
  int64_t n = 1;
  for (const ConfigValue& item : value.items) n += node_count(item);
  for (const ConfigEntry& entry : value.entries) n += node_count(entry.value);
  return n;
}

// Builds the tree from the parser's events. A node belongs to the innermost open collection; in a
// map the nodes are, in turn, keys and values.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& source) : source_(source) {}

  ConfigValue take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(ConfigValue::Kind::kNull, mark), anchor, /*plain=*/true);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    check_tag(mark, tag);
    const bool plain = tag == "?" || tag.empty();
    const bool null = plain && (text == "~" || text == "null" || text == "Null" || text == "NULL");
    ConfigValue value = make(null ? ConfigValue::Kind::kNull : ConfigValue::Kind::kScalar, mark);
    value.text = text;
    add(std::move(value), anchor, plain);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) reject(position(source_, mark), "the alias contains itself");
    charge(node_count(named->second), position(source_, mark));
    add(named->second, /*anchor=*/0, /*plain=*/false);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(ConfigValue::Kind::kList, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(ConfigValue::Kind::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Collection {
    ConfigValue value;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  // a map whose next node is a value
    ConfigEntry entry;     // that key
    bool merging = false;  // that key is '<<'
    std::map<std::string, SourcePosition> keys;
    std::vector<ConfigValue> merged;
  };

  ConfigValue make(ConfigValue::Kind kind, const YAML::Mark& mark) {
    ConfigValue value;
    value.kind = kind;
    value.at = position(source_, mark);
    charge(1, value.at);
    return value;
  }

  void charge(int64_t nodes, const SourcePosition& at) {
    nodes_ += nodes;
    if (nodes_ > kMaxYamlNodes)
      reject(at, "more than ", kMaxYamlNodes,
             " values once aliases are expanded; no configuration needs that many");
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    constexpr std::array<std::string_view, 7> kKnown = {"str",  "int", "float", "bool",
                                                        "null", "seq", "map"};
    if (tag.empty() || tag == "?" || tag == "!") return;
    const bool core = tag.starts_with(kCore) &&
                      std::find(kKnown.begin(), kKnown.end(),
                                std::string_view(tag).substr(kCore.size())) != kKnown.end();
    if (!core) reject(position(source_, mark), "the tag ", tag, " is not supported; remove it");
  }

  void open(ConfigValue::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(mark, tag);
    Collection collection;
    collection.value = make(kind, mark);
    collection.anchor = anchor;
    open_.push_back(std::move(collection));
  }

  void close() {
    Collection done = std::move(open_.back());
    open_.pop_back();
    for (const ConfigValue& map : done.merged)
      for (const ConfigEntry& entry : map.entries)
        if (done.keys.emplace(entry.key, entry.at).second)
          done.value.entries.push_back(entry);  // charged when the alias was expanded
    add(std::move(done.value), done.anchor, /*plain=*/false);
  }

  // Hands a finished node to the collection that it stands in. `plain`: a scalar without quotes.
  void add(ConfigValue value, YAML::anchor_t anchor, bool plain) {
    if (anchor != 0) {
      charge(node_count(value), value.at);  // the copy kept for aliases
      anchors_[anchor] = value;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Collection& parent = open_.back();
    if (parent.value.kind == ConfigValue::Kind::kList) {
      parent.value.items.push_back(std::move(value));
    } else if (!parent.has_key) {
      begin_entry(parent, std::move(value), plain);
    } else {
      parent.has_key = false;
      if (parent.merging) {
        merge(parent, std::move(value));
      } else {
        parent.entry.value = std::move(value);
        parent.value.entries.push_back(std::move(parent.entry));
      }
    }
  }

  void begin_entry(Collection& map, ConfigValue key, bool plain) {
    if (key.kind != ConfigValue::Kind::kScalar)
      reject(key.at, "expected a key (a word), found ", key.describe());
    const auto [previous, is_new] = map.keys.emplace(key.text, key.at);
    if (!is_new)
      reject(key.at, "the key '", key.text, "' was already given at line ", previous->second.line,
             "; keep one of the two");
    map.has_key = true;
    map.merging = plain && key.text == kMergeKey;
    map.entry = {std::move(key.text), std::move(key.at), {}};
  }

  void merge(Collection& map, ConfigValue value) {
    if (value.kind == ConfigValue::Kind::kMap) {
      map.merged.push_back(std::move(value));
      return;
    }
    if (value.kind != ConfigValue::Kind::kList)
      reject(map.entry.at, "'<<' merges a map or a list of maps, found ", value.describe());
    for (ConfigValue& item : value.items) {
      if (item.kind != ConfigValue::Kind::kMap)
        reject(map.entry.at, "'<<' merges maps, found ", item.describe(), " in its list");
      map.merged.push_back(std::move(item));
    }
  }

  const std::string& source_;
  ConfigValue root_;
  std::vector<Collection> open_;
  std::unordered_map<YAML::anchor_t, ConfigValue> anchors_;
  int64_t nodes_ = 0;
};

// yaml-cpp takes the byte 0x04 for the end of its input, and YAML has no control characters at all.
void reject_control_characters(std::string_view text, const std::string& source) {
  int64_t line = 1, column = 1;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f)
      reject({source, line, column}, "byte ", static_cast<int>(byte),
             " cannot stand in YAML; save the file as UTF-8 text");
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n';
  }
}

// yaml-cpp's messages name the token that surprised it; the cause is usually one of these.
std::string_view likely_cause(std::string_view text, int64_t line, const std::string& message) {
  if (!message.starts_with("illegal") && !message.starts_with("end of")) return "";
  size_t begin = 0;
  for (int64_t i = 0; i < line && begin != std::string_view::npos; ++i) {
    begin = text.find('\n', begin);
    if (begin != std::string_view::npos) ++begin;
  }
  if (begin == std::string_view::npos) return "";
  const size_t indent_end = std::min(text.find_first_not_of(" \t", begin), text.size());
  if (text.substr(begin, indent_end - begin).find('\t') != std::string_view::npos)
    return "; this line is indented with a tab, YAML indents with spaces";
  return "; check the indentation here, closing brackets and quotes, and quote values that contain "
         "': '";
}

}  // namespace

ConfigValue parse_yaml(std::string_view text, const std::string& source) {
  reject_control_characters(text, source);
  // The explicit end mark makes an unclosed quote at the end of the file an error to yaml-cpp.
  const bool ends_line = text.empty() || text.ends_with('\n');
  std::istringstream stream(std::string(text) + (ends_line ? "...\n" : "\n...\n"));
  TreeBuilder builder(source);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    ConfigValue root = builder.take_root();
    TreeBuilder rest(source);
    if (parser.HandleNextDocument(rest))
      reject(rest.take_root().at, "a second document begins; a configuration is one document");
    return root;
  } catch (const YAML::DeepRecursion& e) {
    reject(position(source, e.mark), "nested ", e.depth(), " levels deep, which is too deep");
  } catch (const YAML::Exception& e) {
    reject(position(source, e.mark), e.msg, likely_cause(text, e.mark.line, e.msg));
  }
}

ConfigValue parse_yaml_file(const std::filesystem::path& path, const std::string& source) {
  std::error_code status;
  if (!std::filesystem::is_regular_file(path, status))
    fail(ErrorCode::kUsage, source, ": ",
         std::filesystem::exists(path, status) ? "not a regular file" : "no such file");
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(path, status));
  if (!status && bytes > kMaxYamlBytes)
    fail(ErrorCode::kUsage, source, ": ", bytes, " bytes; a configuration has at most ",
         kMaxYamlBytes, ". Is this another kind of file?");
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) fail(ErrorCode::kUsage, source, ": cannot be read");
  return parse_yaml(text, source);
}

}  // namespace hone
