// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/train_detail.h"

#include <algorithm>
#include <string>

#include "data/jinja_text.h"
#include "data/printable.h"
#include "tensor/check.h"

namespace hone {
namespace {

struct Part {
  int64_t begin = 0, end = 0;  // code points, both included
  bool learned = false;
};

class Reader {
 public:
  Reader(const Conversation& conversation, size_t message)
      : conversation_(conversation), message_(message) {}

  std::vector<ByteRange> read(const Json& list) const {
    const Json& message = conversation_.messages[message_];
    const auto content = message.find("content");
    if (content == message.end() || !content->is_string())
      reject("the content is not a text, whose characters it could count");
    const auto& text = content->get_ref<const std::string&>();
    std::vector<Part> parts;
    for (const Json& entry : list) parts.push_back(read_part(entry, text));
    std::sort(parts.begin(), parts.end(),
              [](const Part& a, const Part& b) { return a.begin < b.begin; });
    std::vector<ByteRange> ranges;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (i > 0 && parts[i].begin <= parts[i - 1].end)
        reject("two of its ranges have character " + std::to_string(parts[i].begin) +
               "; both ends of a range are included");
      if (parts[i].learned)
        ranges.push_back(
            {jinja::byte_offset(text, parts[i].begin), jinja::byte_offset(text, parts[i].end + 1)});
    }
    return ranges;
  }

  [[noreturn]] void reject(const std::string& why) const {
    fail(ErrorCode::kDataset, place_of_message(conversation_, message_), ": ", kTrainDetail, ": ",
         why);
  }

 private:
  Part read_part(const Json& entry, const std::string& text) const {
    constexpr const char* kExpected =
        "expected a list of {\"begin_offset\": integer, \"end_offset\": integer, \"train\": true "
        "or "
        "false}";
    if (!entry.is_object()) reject(kExpected);
    const auto begin = entry.find("begin_offset"), end = entry.find("end_offset"),
               train = entry.find("train");
    if (begin == entry.end() || end == entry.end() || train == entry.end() ||
        !begin->is_number_integer() || !end->is_number_integer() || !train->is_boolean())
      reject(kExpected);
    const Part part = {begin->get<int64_t>(), end->get<int64_t>(), train->get<bool>()};
    const int64_t size = jinja::count_code_points(text);
    if (part.begin < 0 || part.end < part.begin || part.end >= size)
      reject("from character " + std::to_string(part.begin) + " to " + std::to_string(part.end) +
             " in a content of " + std::to_string(size) +
             "; characters count from 0, and both ends are included");
    return part;
  }

  const Conversation& conversation_;
  size_t message_;
};

}  // namespace

std::optional<std::vector<ByteRange>> train_detail(const Conversation& conversation,
                                                   size_t message) {
  const Json& fields = conversation.messages[message];
  const auto list = fields.find(std::string(kTrainDetail));
  if (list == fields.end() || list->is_null()) return std::nullopt;
  const Reader reader(conversation, message);
  if (!list->is_array()) reader.reject("expected a list");
  if (list->empty()) return std::nullopt;
  return reader.read(*list);
}

}  // namespace hone
