// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/safetensors_header.h"

#include <doctest/doctest.h>

#include "tests/data/error_of.h"

namespace hone {
namespace {

// A file with the given header and `data_bytes` bytes of data.
std::string file_of(const std::string& header, size_t data_bytes) {
  std::string file(8, '\0');
  for (int i = 0; i < 8; ++i) file[i] = static_cast<char>(header.size() >> (8 * i));
  return file + header + std::string(data_bytes, '\x11');
}

std::span<const std::byte> bytes_of(const std::string& s) { return std::as_bytes(std::span(s)); }

SafetensorsHeader parse(const std::string& header, size_t data_bytes) {
  return parse_safetensors(bytes_of(file_of(header, data_bytes)), "m.safetensors");
}

std::string error(const std::string& header, size_t data_bytes) {
  return error_of(ErrorCode::kModel, [&] { parse(header, data_bytes); });
}

std::string error_of_file(const std::string& file) {
  return error_of(ErrorCode::kModel, [&] { parse_safetensors(bytes_of(file), "m.safetensors"); });
}

// A header with one tensor "w".
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"w":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

std::string two(const std::string& offsets_a, const std::string& offsets_b) {
  return R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)" + offsets_a +
         R"(},"b":{"dtype":"F32","shape":[2],"data_offsets":)" + offsets_b + "}}";
}

TEST_CASE("safetensors header: legal files") {
  const std::string plain = one(R"("F32")", "[2,3]", "[0,24]");
  const StoredTensor w = parse(plain, 24).tensors.at("w");
  CHECK(w.type == StoredType::f32);
  CHECK(w.shape == Shape{2, 3});
  CHECK(w.offset == 8 + static_cast<int64_t>(plain.size()));
  CHECK(w.nbytes == 24);
  CHECK(parse("{}", 0).tensors.empty());
  CHECK(parse(one(R"("I64")", "[]", "[0,8]"), 8).tensors.at("w").shape.rank() == 0);
  CHECK(parse(one(R"("I64")", "[0,5]", "[0,0]"), 0).tensors.at("w").nbytes == 0);
  CHECK(parse(one(R"("F8_E4M3")", "[3]", "[0,3]"), 3).tensors.at("w").nbytes == 3);
  CHECK(parse(one(R"("F4")", "[3,2]", "[0,3]"), 3).tensors.at("w").nbytes == 3);
  CHECK(parse(one(R"("U8")", "[1,1,1,1,1,2]", "[0,2]"), 2).tensors.at("w").shape.rank() == 6);
  CHECK(parse(plain + "       ", 24).tensors.size() == 1);
  const SafetensorsHeader unsorted = parse(two("[8,16]", "[0,8]"), 16);
  CHECK(unsorted.tensors.at("a").offset == unsorted.tensors.at("b").offset + 8);
  // Empty tensors may stand anywhere between others.
  const std::string empty = R"("e":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},)";
  CHECK(parse("{" + empty + two("[0,8]", "[8,16]").substr(1), 16).tensors.size() == 3);
  CHECK(parse(R"({"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1).tensors.contains(""));
}

TEST_CASE("safetensors header: metadata") {
  const SafetensorsHeader h = parse(R"({"__metadata__":{"format":"pt","":"\u00e9"}})", 0);
  CHECK(h.metadata.at("format") == "pt");
  CHECK(h.metadata.at("") == "\u00e9");
  CHECK(parse("{\"__metadata__\":{}}", 0).metadata.empty());
  check_contains(error(R"({"__metadata__":{"a":1}})", 0),
                 "m.safetensors: header:1:23: __metadata__: \"a\": expected a string, found 1");
  for (const char* value : {"null", "[\"a\"]", "{\"a\":null}", "{\"a\":{}}", "\"x\""})
    error("{\"__metadata__\":" + std::string(value) + "}", 0);
  check_contains(error(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "duplicate key \"a\"");
  check_contains(error(R"({"__metadata__":{},"__metadata__":{}})", 0),
                 "duplicate tensor name \"__metadata__\"");
}

TEST_CASE("safetensors header: the length (1-7)") {
  CHECK(error_of_file("") ==
        "m.safetensors: 0 bytes, expected at least 8, the length of a safetensors header; is the "
        "download complete?");
  check_contains(error_of_file(std::string(7, '\0')), "7 bytes, expected at least 8");
  check_contains(error_of_file(file_of("", 100)), "m.safetensors: byte 8: expected a header");
  check_contains(error_of_file(std::string(8, '\xff') + "{}"),
                 "m.safetensors: byte 0: header length 18446744073709551615, expected at most");
  check_contains(error_of_file(std::string(7, '\0') + "\x80{}"), "length 9223372036854775808");
  check_contains(error_of_file(std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10)),
                 "header length 100000001, expected at most 100000000");
  check_contains(error_of_file(std::string("\x03\0\0\0\0\0\0\0{}", 10)),
                 "byte 0: header length 3, but only 2 bytes follow");
  check_contains(error_of_file("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull");
}

TEST_CASE("safetensors header: the text (8-12)") {
  const std::string plain = one(R"("U8")", "[1]", "[0,1]");
  check_contains(error(" " + plain, 1), "byte 8: expected a header beginning with {, found \" \"");
  check_contains(error("\xef\xbb\xbf" + plain, 1), "beginning with {");
  check_contains(error("[]", 0), "beginning with {");
  check_contains(error(plain + std::string(2, '\0'), 1), "header:1:54: invalid JSON: NUL byte");
  check_contains(error("{\"\xc3\x28\":" + plain.substr(5), 1), "header:1:4: invalid JSON");
  check_contains(error(plain.substr(0, plain.size() - 1), 1), "header:1:53: invalid JSON");
  check_contains(error(plain + "{}", 1), "invalid JSON");
  std::string deep = "{\"a\":";
  for (int i = 0; i < 1'000'000; ++i) deep += "{\"a\":";
  check_contains(error(deep, 0), "tensor \"a\": unknown key \"a\"");
  check_contains(error("{\"w\":" + std::string(1'000'000, '['), 0), "expected an object");
}

TEST_CASE("safetensors header: duplicates (13, 14)") {
  const std::string w = R"("w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  check_contains(error("{" + w + "," + w + "}", 0),
                 "m.safetensors: header:1:56: duplicate tensor name \"w\"");
  for (const char* extra : {R"("dtype":"U8")", R"("shape":[0])", R"("data_offsets":[0,0])"})
    check_contains(error("{" + w.substr(0, w.size() - 1) + "," + extra + "}}", 0),
                   "tensor \"w\": duplicate key");
}

TEST_CASE("safetensors header: shapes and types (15, 16, 22)") {
  check_contains(error(one(R"("F32")", "[4294967296,4294967296]", "[0,0]"), 0),
                 "tensor \"w\": shape [4294967296, 4294967296] has more bytes than any file");
  check_contains(error(one(R"("F64")", "[2305843009213693952]", "[0,0]"), 0), "more bytes");
  for (const char* extent : {"-1", "1.5", "1.0", "\"1\"", "18446744073709551616", "null", "[1]",
                             "9223372036854775808", "true", "{}", "1e2", "-0"})
    check_contains(error(one(R"("U8")", "[" + std::string(extent) + "]", "[0,1]"), 1),
                   "tensor \"w\": shape: expected at most 6 dimensions, each an integer from 0");
  check_contains(error(one(R"("U8")", "[1,1,1,1,1,1,1]", "[0,1]"), 1), "at most 6 dimensions");
  check_contains(error(one(R"("U8")", "1", "[0,1]"), 1),
                 "expected an array of dimensions, found 1");
  check_contains(error(one(R"("F33")", "[1]", "[0,4]"), 4),
                 "m.safetensors: header:1:19: tensor \"w\": dtype: unknown type \"F33\"");
  check_contains(error(one("32", "[1]", "[0,4]"), 4), "expected the name of a type");
  check_contains(error(one(R"("F4")", "[3]", "[0,1]"), 1), "does not end at a whole byte");
}

TEST_CASE("safetensors header: offsets (17, 21)") {
  check_contains(error(one(R"("U8")", "[1]", "[1,0]"), 1), "expected begin <= end, found [1, 0]");
  for (const char* offsets : {"[0,1,1]", "[0]", "[]", "[0,1.0]", "[-1,0]", "[0,\"1\"]", "[[],1]"})
    check_contains(error(one(R"("U8")", "[1]", offsets), 1),
                   "tensor \"w\": data_offsets: expected two byte offsets");
  check_contains(error(one(R"("U8")", "[1]", "1"), 1), "expected an array of two byte offsets");
  check_contains(error(one(R"("F32")", "[1000]", "[0,16]"), 16),
                 "data_offsets: expected 4000 bytes for F32 of shape [1000], found 16");
  check_contains(error(one(R"("U8")", "[]", "[0,0]"), 0), "expected 1 bytes for U8 of shape []");
}

TEST_CASE("safetensors header: every byte belongs to one tensor (18-20)") {
  check_contains(
      error(two("[0,8]", "[4,12]"), 12),
      "m.safetensors: tensor \"b\": data_offsets: overlap: begins at byte 4 of the data, "
      "expected 8, where \"a\" ends");
  check_contains(error(two("[0,8]", "[0,8]"), 8), "overlap");
  check_contains(error(two("[0,8]", "[12,20]"), 20), "hole: begins at byte 12 of the data");
  check_contains(error(two("[4,12]", "[12,20]"), 20), "expected 0, where the data begins");
  check_contains(error(two("[0,8]", "[8,16]"), 17),
                 "expected 16 bytes of data, found 17; nothing may follow");
  check_contains(error(two("[0,8]", "[8,16]"), 15), "found 15; the file is incomplete");
  check_contains(error("{}", 1), "expected 0 bytes of data, found 1");
  check_contains(error(one(R"("U8")", "[9223372036854775807]", "[0,9223372036854775807]"), 1),
                 "more bytes than any file");
  check_contains(error(one(R"("U8")", "[1000000000000000000]", "[0,1000000000000000000]"), 1),
                 "incomplete");
}

TEST_CASE("safetensors header: a tensor has three keys and no other") {
  check_contains(error(R"({"w":{"dtype":"U8","shape":[0]}})", 0), "expected the key data_offsets");
  check_contains(error(R"({"w":{"dtype":"U8","data_offsets":[0,0]}})", 0), "the key shape");
  check_contains(error(R"({"w":{"shape":[0],"data_offsets":[0,0]}})", 0), "the key dtype");
  check_contains(error(R"({"w":{}})", 0), "the key dtype");
  check_contains(error(R"({"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"strides":[1]}})", 0),
                 "tensor \"w\": unknown key \"strides\"");
  for (const char* value : {"1", "null", "\"x\"", "[]", "true", "1.5", "-1"})
    check_contains(error("{\"w\":" + std::string(value) + "}", 0),
                   "\"w\": expected an object with dtype, shape and data_offsets");
}

TEST_CASE("safetensors header: names in messages are harmless") {
  check_contains(error("{\"\x7f[31m\":1}", 0), "\"\\x7f[31m\": expected");
}

// Every header byte replaced by every value: the file either means something that is checked
// throughout, or is rejected with Error.
TEST_CASE("safetensors header: mutation of every byte") {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},)"
      R"("b":{"dtype":"F32","shape":[],"data_offsets":[12,16]},)"
      R"("e":{"dtype":"I64","shape":[0,5],"data_offsets":[16,16]}}   )";
  const std::string file = file_of(header, 16);
  const SafetensorsHeader original = parse_safetensors(bytes_of(file), "m");
  int64_t cases = 0, accepted = 0;
  const auto try_file = [&](const std::string& mutant) {
    ++cases;
    try {
      const SafetensorsHeader h = parse_safetensors(bytes_of(mutant), "m");
      int64_t covered = 0;
      for (const auto& [name, tensor] : h.tensors) {
        CHECK(tensor.offset >= 8 + static_cast<int64_t>(header.size()));
        CHECK(tensor.offset + tensor.nbytes <= static_cast<int64_t>(mutant.size()));
        CHECK(tensor.shape.numel() * bits_of(tensor.type) == 8 * tensor.nbytes);
        covered += tensor.nbytes;
      }
      CHECK(covered == 16);
      ++accepted;
    } catch (const Error& e) {
      CHECK(e.code() == ErrorCode::kModel);
    }
  };
  for (size_t i = 0; i < 8 + header.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string mutant = file;
      mutant[i] = static_cast<char>(value);
      try_file(mutant);
    }
    std::string shorter = file, longer = file;
    try_file(shorter.erase(i, 1));
    try_file(longer.insert(i, 1, '1'));
    try_file(file.substr(0, i));
  }
  CHECK(cases > 50'000);
  CHECK(accepted > 1'000);  // other letters in names and metadata
  CHECK(accepted < cases / 4);
  CHECK(parse_safetensors(bytes_of(file), "m") == original);
}

}  // namespace
}  // namespace hone
