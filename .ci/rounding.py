#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Tells rounding from error where a float32 golden file is not met.

    rounding.py GOLDEN OUT EXACT

EXACT is what evaluate gives in float64 (tests/models/golden_test compares that with transformers in
float64). Passes if OUT, worst tensor against worst tensor, is at most twice as far from EXACT
as GOLDEN is: then GOLDEN asks for the rounding of the machine that made it.
"""
import array
import json
import math
import struct
import sys


def load(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        body = f.read()
    tensors = {}
    for name, info in header.items():
        kind = {"F32": "f", "F64": "d"}.get(info.get("dtype"))
        if kind:
            begin, end = info["data_offsets"]
            tensors[name.replace(".default.", ".")] = array.array(kind, body[begin:end])
    return tensors


def error(got, want):
    norm = math.sqrt(sum(x * x for x in want))
    difference = math.sqrt(sum((x - y) ** 2 for x, y in zip(got, want)))
    return difference / norm if norm > 1e-6 else 0.0


def main():
    golden, out, exact = (load(path) for path in sys.argv[1:])
    names = [name for name in golden if name in exact]
    theirs = max((error(golden[n], exact[n]), n) for n in names)
    ours = max((error(out[n], exact[n]), n) for n in names)
    print("MISSED at the golden tolerance; from the float64 result, ours is %.2e (%s), the golden file %.2e (%s)"
          % (ours + theirs))
    sys.exit(not ours[0] <= 2 * theirs[0])


if __name__ == "__main__":
    main()
