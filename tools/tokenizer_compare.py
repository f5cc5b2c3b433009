# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Compares our token ids and speed with the Python package `tokenizers`, over generated text.

  python tools/tokenizer_compare.py [--program bazel-bin/tools/tokenizer_compare]
         [--megabytes 10] [--english FILE.jsonl] [--seed 0] [TOKENIZER.json ...]

The mixed corpus has source code, prose, CJK, emoji, right-to-left text, combining marks, random
Unicode with unassigned code points, special tokens and white space. --english adds a second one:
the string values of a .jsonl file, repeated. Without tokenizers named, two are trained on a
part of that. Prints one line per tokenizer and corpus; exits 1 if any id differs.
"""

import argparse
import glob
import json
import os
import random
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import numpy as np  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from tokenizers import normalizers  # noqa: E402

import make_tokenizer_golden as golden  # noqa: E402


def source_code(rng):
    files = sorted(glob.glob(os.path.dirname(os.__file__) + "/*.py"))
    while True:
        with open(rng.choice(files), encoding="utf-8", errors="replace") as file:
            text = file.read()
        start = rng.randrange(len(text) + 1)
        yield text[start:start + rng.randint(1, 4000)]


def words(rng, low, high, space=" "):
    """Words of random letters from one range, with punctuation, digits and line ends."""
    while True:
        out = []
        for _ in range(rng.randint(1, 200)):
            out.append("".join(chr(rng.randrange(low, high)) for _ in range(rng.randint(1, 9))))
            out.append(rng.choice([space] * 8 + [", ", ".\n", "\r\n", "! ", " 42 ", "1999",
                                                  "  ", "'s "]))
        yield "".join(out)


def sentences(rng):
    parts = golden.LANGUAGES.split(" ") + golden.PROSE.split(" ")
    while True:
        yield " ".join(rng.choice(parts) for _ in range(rng.randint(1, 100)))


def emoji(rng):
    joiners = ["\u200d", "\ufe0f", "\U0001f3fd", " ", ""]
    while True:
        yield "".join(chr(rng.choice((rng.randrange(0x1f300, 0x1fb00),
                                      rng.randrange(0x2600, 0x27c0),
                                      rng.randrange(0x1f1e6, 0x1f200)))) + rng.choice(joiners)
                      for _ in range(rng.randint(1, 60)))


def combining(rng):
    marks = [c for low, high in ((0x300, 0x370), (0x591, 0x5c8), (0x64b, 0x660), (0x93a, 0x950),
                                 (0x1ab0, 0x1b00), (0x1dc0, 0x1e00), (0x3099, 0x309b),
                                 (0x1160, 0x1200), (0x10f46, 0x10f51), (0x1e130, 0x1e137))
             for c in range(low, high)]
    bases = "aeiousAEIOUS qйאبक한ᄒᄀか"
    while True:
        yield "".join(rng.choice(bases) + "".join(chr(rng.choice(marks))
                                                  for _ in range(rng.choice((0, 1, 1, 2, 3, 8))))
                      for _ in range(rng.randint(1, 80)))


def any_unicode(rng):
    while True:
        top = rng.choice((0x800, 0x3000, 0x10000, 0x20000, 0x110000))
        points = (rng.randrange(top) for _ in range(rng.randint(1, 200)))
        yield "".join(chr(c) for c in points if not 0xd800 <= c < 0xe000)


def white_space_and_symbols(rng):
    pieces = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u2028", "\u0085", "\u180e", "x", "S",
              "'", "'S", "'ll", "'\u017f", ".", "--", "1", "22", "333", "4444", "é", "e\u0301", "中",
              "\u200b", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<|endoftext|>", "<|", "|>",
              "_", "½"]
    while True:
        yield "".join(rng.choice(pieces) for _ in range(rng.randint(1, 300)))


def mixed_corpus(rng, size):
    kinds = [source_code(rng), sentences(rng), words(rng, 0x61, 0x7b),
             words(rng, 0x4e00, 0x9fff, "，"), words(rng, 0x3041, 0x30ff, "。"),
             words(rng, 0xac00, 0xd7a4), words(rng, 0x5d0, 0x5eb), words(rng, 0x620, 0x64b), words(rng, 0x400, 0x500), words(rng, 0x900, 0x980),
             words(rng, 0xc0, 0x250), words(rng, 0x1e00, 0x1f00), emoji(rng), combining(rng),
             any_unicode(rng), any_unicode(rng), white_space_and_symbols(rng)]
    totals = [0] * len(kinds)  # bytes so far: the kinds get equal shares
    texts = []
    while sum(totals) < size:
        kind = totals.index(min(totals))
        texts.append(next(kinds[kind]))
        totals[kind] += len(texts[-1].encode())
    rng.shuffle(texts)
    return texts


def english_corpus(path, size):
    with open(path, encoding="utf-8") as file:
        texts = [v for line in file for v in json.loads(line).values() if isinstance(v, str)]
    total = sum(len(t.encode()) for t in texts)
    return texts * max(1, -(-size // total))


def train_two(texts, folder):
    """Qwen 3.5's pattern with NFC and Llama 3's without."""
    paths = []
    for name, pattern, normalizer in (("qwen3_5", golden.QWEN35, normalizers.NFC()),
                                      ("llama3", golden.LLAMA3, None)):
        tokenizer = golden.train(pattern, texts, 20000, normalizer)
        tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
        tokenizer.add_tokens(["<think>", "</think>"])
        paths.append(os.path.join(folder, name + ".json"))
        tokenizer.save(paths[-1])
    return paths


def compare(program, path, name, texts, folder):
    """Prints a line; returns the number of texts with different ids."""
    corpus, out = os.path.join(folder, "corpus"), os.path.join(folder, "ids")
    encoded = [t.encode() for t in texts]
    with open(corpus, "wb") as file:
        for text in encoded:
            file.write(len(text).to_bytes(4, "little") + text)
    ours_seconds = float(subprocess.run([program, path, corpus, out, "3"], check=True,
                                        capture_output=True, text=True).stdout)
    tokenizer = Tokenizer.from_file(path)
    start = time.perf_counter()
    theirs = [tokenizer.encode(t, add_special_tokens=False) for t in texts]
    their_seconds = time.perf_counter() - start

    ids = np.fromfile(out, dtype=np.int32)
    at = different = total = 0
    for text, reference in zip(texts, theirs):
        count = int(ids[at])
        mine = ids[at + 1:at + 1 + count].tolist()
        at += 1 + count
        total += count
        if mine != reference.ids:
            different += 1
            if different <= 3:
                print("DIFFERENT", ascii(text[:200]), mine[:40], reference.ids[:40])
    assert at == len(ids)
    megabytes = sum(map(len, encoded)) / 1e6
    print(f"{os.path.basename(path)} on {name}: {megabytes:.1f} MB, {len(texts)} texts, "
          f"{total} ids, {different} texts differ; ours {megabytes / ours_seconds:.1f} MB/s, "
          f"tokenizers {megabytes / their_seconds:.1f} MB/s, one thread each", flush=True)
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tokenizers", nargs="*")
    parser.add_argument("--program", default="bazel-bin/tools/tokenizer_compare")
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--english")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    size = int(args.megabytes * 1e6)
    corpora = {"mixed text": mixed_corpus(random.Random(args.seed), size)}
    if args.english:
        corpora["English"] = english_corpus(args.english, size)
    with tempfile.TemporaryDirectory() as folder:
        sample = [text for texts in corpora.values() for text in texts[:4000]]
        paths = args.tokenizers or train_two(sample, folder)
        different = sum(compare(args.program, path, name, texts, folder)
                        for path in paths for name, texts in corpora.items())
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
