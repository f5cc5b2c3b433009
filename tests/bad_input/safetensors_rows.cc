// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// model.safetensors. Variants: tests/data/safetensors_header_test.cc.
#include <filesystem>

#include "data/file.h"
#include "data/safetensors.h"
#include "tests/bad_input/bad_input.h"

namespace hone::bad_input {
namespace {

std::string little_endian(uint64_t n) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(n >> (8 * i)));
  return bytes;
}

std::string file(const std::string& header, size_t data_bytes = 0) {
  return little_endian(header.size()) + header + std::string(data_bytes, '\x11');
}

// One tensor "w".
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"w":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

// Two tensors "a" and "b" of eight bytes.
std::string two(const std::string& offsets_a, const std::string& offsets_b) {
  return R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)" + offsets_a +
         R"(},"b":{"dtype":"F32","shape":[2],"data_offsets":)" + offsets_b + "}}";
}

// {"w":{"w":{"w":... to the given depth.
std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "{\"w\":";
  return text;
}

Row row(const char* id, const char* what, const std::string& content, const char* message) {
  return {id, what, message[0] == '\0' ? 0 : kModel, message, [content](const std::string& dir) {
            write_file(dir + "/m.safetensors", content);
            SafetensorsFile::open(dir + "/m.safetensors");
          }};
}

}  // namespace

Rows safetensors_rows() {
  const std::string byte = one(R"("U8")", "[1]", "[0,1]");
  const auto one_byte = [&](const char* shape) { return file(one(R"("U8")", shape, "[0,1]"), 1); };
  const auto offsets = [&](const char* o) { return file(one(R"("U8")", "[1]", o), 1); };
  Rows rows = {
      row("1", "empty", "",
          "DIR/m.safetensors: 0 bytes, expected at least 8, the length of a safetensors header; is "
          "the download complete?"),
      row("2", "seven bytes", std::string(7, '\0'),
          "DIR/m.safetensors: 7 bytes, expected at least 8, the length of a safetensors header; is "
          "the download complete?"),
      row("3", "a header of no bytes", file("", 100),
          "DIR/m.safetensors: byte 8: expected a header beginning with {, found an empty one"),
      row("4", "a header of 2^64 - 1 bytes", little_endian(~uint64_t{0}) + "{}",
          "DIR/m.safetensors: byte 0: header length 18446744073709551615, expected at most "
          "100000000; is this a safetensors file?"),
      row("5", "a header of 2^63 bytes", little_endian(uint64_t{1} << 63) + "{}",
          "DIR/m.safetensors: byte 0: header length 9223372036854775808, expected at most "
          "100000000; is this a safetensors file?"),
      row("7", "a header longer than the file", little_endian(3) + "{}",
          "DIR/m.safetensors: byte 0: header length 3, but only 2 bytes follow; is the download "
          "complete?"),
      row("8", "a space before {", file(" " + byte, 1),
          "DIR/m.safetensors: byte 8: expected a header beginning with {, found \" \""),
      row("9", "padded with NUL", file(byte + std::string(3, '\0'), 1),
          "DIR/m.safetensors: header:1:54: invalid JSON: NUL byte; the file is damaged: fetch it "
          "again, or save it anew"),
      row("10", "a name that is not UTF-8", file("{\"\xc3\x28\":1}"),
          "DIR/m.safetensors: header:1:4: invalid JSON: syntax error while parsing object key - "
          "invalid string: ill-formed UTF-8 byte; last read: '\"\\xc3('; expected string literal; "
          "the file is damaged: fetch it again, or save it anew"),
      row("11", "cut off", file(byte.substr(0, byte.size() - 1), 1),
          "DIR/m.safetensors: header:1:53: invalid JSON: syntax error while parsing object - "
          "unexpected end of input; expected '}'; the file is damaged: fetch it again, or save it "
          "anew"),
      row("12", "objects a million deep", file(nested(1'000'000)),
          "DIR/m.safetensors: header:1:9: tensor \"w\": unknown key \"w\", expected dtype, shape "
          "and data_offsets; the file is damaged: fetch it again, or save it anew"),
      row("12b", "arrays a million deep", file("{\"w\":" + std::string(1'000'000, '[')),
          "DIR/m.safetensors: header:1:6: \"w\": expected an object with dtype, shape and "
          "data_offsets, found an array; the file is damaged: fetch it again, or save it anew"),
      row("13", "two tensors of one name",
          file(byte.substr(0, byte.size() - 1) + "," + byte.substr(1), 1),
          "DIR/m.safetensors: header:1:56: duplicate tensor name \"w\"; the file is damaged: fetch "
          "it again, or save it anew"),
      row("14", "a key twice in a tensor", file(one(R"("U8","dtype":"U8")", "[1]", "[0,1]"), 1),
          "DIR/m.safetensors: header:1:26: tensor \"w\": duplicate key \"dtype\"; the file is "
          "damaged: fetch it again, or save it anew"),
      row("15", "a shape whose product wraps to 0",
          file(one(R"("F32")", "[4294967296,4294967296]", "[0,0]")),
          "DIR/m.safetensors: header:1:73: tensor \"w\": shape [4294967296, 4294967296] has more "
          "bytes than any file; the file is damaged: fetch it again, or save it anew"),
      row("16", "a negative dimension", one_byte("[-1]"),
          "DIR/m.safetensors: header:1:31: tensor \"w\": shape: expected at most 6 dimensions, "
          "each an integer from 0, found -1; the file is damaged: fetch it again, or save it anew"),
      row("16b", "a dimension with a fraction", one_byte("[1.5]"),
          "DIR/m.safetensors: header:1:32: tensor \"w\": shape: expected at most 6 dimensions, "
          "each an integer from 0, found 1.5; the file is damaged: fetch it again, or save it "
          "anew"),
      row("16c", "a dimension as text", one_byte("[\"1\"]"),
          "DIR/m.safetensors: header:1:31: tensor \"w\": shape: expected at most 6 dimensions, "
          "each an integer from 0, found \"1\"; the file is damaged: fetch it again, or save it "
          "anew"),
      row("16d", "a dimension of 2^64", one_byte("[18446744073709551616]"),
          "DIR/m.safetensors: header:1:49: tensor \"w\": shape: expected at most 6 dimensions, "
          "each an integer from 0, found 18446744073709551616; the file is damaged: fetch it "
          "again, or save it anew"),
      row("17", "offsets the wrong way round", offsets("[1,0]"),
          "DIR/m.safetensors: header:1:52: tensor \"w\": data_offsets: expected begin <= end, "
          "found [1, 0]; the file is damaged: fetch it again, or save it anew"),
      row("17b", "three offsets", offsets("[0,1,1]"),
          "DIR/m.safetensors: header:1:53: tensor \"w\": data_offsets: expected two byte offsets, "
          "each an integer from 0, found 1; the file is damaged: fetch it again, or save it anew"),
      row("17c", "an offset with a fraction", offsets("[0,1.0]"),
          "DIR/m.safetensors: header:1:53: tensor \"w\": data_offsets: expected two byte offsets, "
          "each an integer from 0, found 1.0; the file is damaged: fetch it again, or save it "
          "anew"),
      row("18", "tensors that overlap", file(two("[0,8]", "[4,12]"), 12),
          "DIR/m.safetensors: tensor \"b\": data_offsets: overlap: begins at byte 4 of the data, "
          "expected 8, where \"a\" ends; the file is damaged: fetch it again, or save it anew"),
      row("19", "a hole between tensors", file(two("[0,8]", "[12,20]"), 20),
          "DIR/m.safetensors: tensor \"b\": data_offsets: hole: begins at byte 12 of the data, "
          "expected 8, where \"a\" ends; the file is damaged: fetch it again, or save it anew"),
      row("20", "bytes behind the last tensor", file(two("[0,8]", "[8,16]"), 17),
          "DIR/m.safetensors: expected 16 bytes of data, found 17; nothing may follow the last "
          "tensor"),
      row("21", "more elements than bytes", file(one(R"("F32")", "[1000]", "[0,16]"), 16),
          "DIR/m.safetensors: header:1:57: tensor \"w\": data_offsets: expected 4000 bytes for F32 "
          "of shape [1000], found 16; the file is damaged: fetch it again, or save it anew"),
      row("22", "an unknown type", file(one(R"("F33")", "[1]", "[0,4]"), 4),
          "DIR/m.safetensors: header:1:19: tensor \"w\": dtype: unknown type \"F33\"; the file is "
          "damaged: fetch it again, or save it anew"),
      row("22b", "metadata that is no text", file(R"({"__metadata__":{"a":1}})"),
          "DIR/m.safetensors: header:1:23: __metadata__: \"a\": expected a string, found 1; the "
          "file is damaged: fetch it again, or save it anew"),
      row("22c", "legal: a scalar", file(one(R"("I64")", "[]", "[0,8]"), 8), ""),
      row("22d", "legal: no elements", file(one(R"("I64")", "[0,5]", "[0,0]")), ""),
      row("22e", "legal: names in any order", file(two("[8,16]", "[0,8]"), 16), ""),
      row("22f", "legal: padded with spaces, no metadata", file(byte + "    ", 1), "")};
  rows.push_back({"6", "a header one byte too long, in a sparse file of that size", kModel,
                  "DIR/m.safetensors: byte 0: header length 100000001, expected at most 100000000; "
                  "is this a safetensors file?",
                  [](const std::string& dir) {
                    const std::string path = dir + "/m.safetensors";
                    write_file(path, little_endian(kMaxSafetensorsHeaderBytes + 1) + "{");
                    std::filesystem::resize_file(path, 8 + kMaxSafetensorsHeaderBytes + 1);
                    SafetensorsFile::open(path);
                  }});
  return rows;
}

}  // namespace hone::bad_input
