#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Compares which safetensors files hone accepts with the package `safetensors`.

    tools/bazel build //tools:check_safetensors && tools/check_safetensors.py [NUMBER] [SEED]

Makes NUMBER files (200,000) by damaging valid ones: bytes replaced, inserted, removed, parts of two
files joined, numbers and words exchanged. Both readers must agree on each, but where hone is
stricter on purpose (data/safetensors_header.h; and a header begins with '{', as the format says). Exits with 1 when they do not.
"""
import collections
import json
import random
import struct
import subprocess
import sys

import safetensors

# What hone refuses and the package accepts.
STRICTER = ("duplicate", "unknown key", "__metadata__: expected an object of strings, found null",
            "expected at most 6 dimensions", "beginning with {")
WORDS = [b"0", b"1", b"8", b"-1", b"1.0", b"1e1", b"18446744073709551616", b"4294967296", b"null",
         b"true", b'""', b'"F32"', b'"U8"', b'"F4"', b'"BF16"', b"[]", b"{}", b"[0,0]", b",", b":",
         b'"dtype"', b'"shape"', b'"data_offsets"', b'"__metadata__"', b" ", b"\n", b"\0",
         b"\\u0000", b"\\ud800", b"\xc3\xa9", b"\xff"]


def file_of(header, data_bytes):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + b"\x11" * data_bytes


def valid_files():
    def tensor(dtype, shape, begin, end):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    return [
        file_of({}, 0),
        file_of({"w": tensor("F32", [2, 3], 0, 24)}, 24),
        file_of({"__metadata__": {"format": "pt"}, "a": tensor("BF16", [2, 3], 0, 12),
                 "b": tensor("F32", [], 12, 16), "e": tensor("I64", [0, 5], 16, 16)}, 16),
        file_of({"a": tensor("F32", [2], 8, 16), "b": tensor("F32", [2], 0, 8)}, 16),
        file_of({"q": tensor("F4", [4], 0, 2), "s": tensor("F8_E4M3", [2], 2, 4)}, 4),
        file_of(json.dumps({"w": tensor("U8", [1], 0, 1)}).encode() + b"    ", 1),
    ]


def mutant(rng, files):
    file = rng.choice(files)
    header, data = bytearray(file[8:8 + struct.unpack("<Q", file[:8])[0]]), file
    data = file[8 + len(header):]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at = rng.randrange(len(header) + 1)
        kind = rng.randrange(6)
        if kind == 0 and at < len(header):
            header[at] = rng.randrange(256)
        elif kind == 1:
            header[at:at] = rng.choice(WORDS)
        elif kind == 2:
            del header[at:at + rng.choice((1, 1, 2, 5, 20))]
        elif kind == 3:
            header[at:at + rng.choice((1, 2, 3))] = rng.choice(WORDS)
        elif kind == 4:
            other = rng.choice(files)[8:]
            begin = rng.randrange(len(other) + 1)
            header[at:at] = other[begin:begin + rng.randrange(40)]
        else:
            data += b"\x11" if rng.random() < 0.5 else b""
    length = len(header)
    if rng.random() < 0.1:
        length = rng.choice((length + 1, max(length - 1, 0), 0, 100_000_001, 2**63, 2**64 - 1))
    file = struct.pack("<Q", length) + bytes(header) + data
    return file[:rng.randrange(len(file) + 1)] if rng.random() < 0.02 else file


def theirs(file):
    try:
        return f"accepted {len(safetensors.deserialize(file))}"
    except Exception as error:  # the package's errors have no common base
        return f"refused {error}"


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    files = valid_files()
    files = files + [mutant(rng, files) for _ in range(number)]
    stream = b"".join(struct.pack("<Q", len(f)) + f for f in files)
    ours = subprocess.run(["bazel-bin/tools/check_safetensors"], input=stream, check=True,
                          capture_output=True).stdout.decode().splitlines()
    assert len(ours) == len(files)
    counts = collections.Counter()
    for file, our in zip(files, ours):
        their = theirs(file)
        if our.startswith("accepted") and our == their:
            counts["both accept"] += 1
        elif our.startswith("refused") and their.startswith("refused"):
            counts["both refuse"] += 1
        elif our.startswith("refused") and any(s in our for s in STRICTER):
            counts["hone is stricter: " + next(s for s in STRICTER if s in our)] += 1
        else:
            counts["DISAGREE"] += 1
            if counts["DISAGREE"] <= 20:
                print(f"{file!r}\n  hone:        {our}\n  safetensors: {their}")
    print(f"safetensors {safetensors.__version__}, {len(files)} files")
    for what, count in counts.most_common():
        print(f"{count:8d}  {what}")
    return int(counts["DISAGREE"] > 0)


if __name__ == "__main__":
    sys.exit(main())
