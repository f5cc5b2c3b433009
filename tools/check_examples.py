#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Asks finetune what it makes of the training configurations in a folder.

    tools/check_examples.py [--finetune PROGRAM] [--verbose] FOLDER

Every *.yaml and *.yml below FOLDER that has a top-level base_model (or model_name_or_path, as other
programs call it) is a training configuration; the others are left out, and listed with --verbose.
Each is given to `finetune FILE --dry-run`. Models and datasets that it names need not be here:
errors that say so, and nothing else, count as accepted. The classes:

    ok             every key has its effect
    ok, no-ops     keys without effect here among them (finetune says which and why)
    refused        an error that names a key and says why its value cannot be honoured
    unknown key    an error about a key that the table of keys does not have
    no reason      any other error
    crash          a signal, exit code 1 (a bug), no end within 60 s

Ends with 0 when at least 95 % are in the first three classes and nothing crashed.
"""
import argparse
import collections
import functools
import pathlib
import re
import subprocess
import sys
import tempfile

CLASSES = ["ok", "ok, no-ops", "refused", "unknown key", "no reason", "crash"]
GOOD = set(CLASSES[:3])
KEY = r"[\w*.]+"
# Of one problem, behind the file and position that it begins with.
UNKNOWN = re.compile(rf"unknown key '({KEY})'")
MISSING = re.compile(rf"{KEY}: '.*' (does not exist|is a kind of file)|{KEY}: required, but not given")
NAMED = re.compile(rf"^({KEY})\b.*")


def is_training_config(text):
    return re.search(r"^(base_model|model_name_or_path)\s*:", text, re.MULTILINE) is not None


def run(arguments):
    """Exit code (None: no end) and what was printed."""
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", timeout=60)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def problems_of(output, file):
    """The messages of an error about the configuration, each without its position."""
    error = output[output.find("error: ") + len("error: "):]
    lines = error.strip().split("\n")
    if re.match(r"\d+ problems in the configuration:", lines[0]):
        lines = [line.strip() for line in lines[1:]]
    position = re.compile(re.escape(str(file)) + r"(:\d+)*: ")
    return [position.sub("", line, count=1) for line in lines]


class Checker:
    def __init__(self, finetune, scratch):
        self.finetune = finetune
        self.scratch = scratch

    @functools.lru_cache(maxsize=None)
    def is_no_op(self, key):
        code, output = run([self.finetune, "explain", key])
        return code == 0 and "accepted, without effect" in output

    def classify(self, file):
        """The class, and the problems that led to it."""
        code, output = run([self.finetune, str(file), "--dry-run", f"output_dir={self.scratch}/out"])
        if code is None or code < 0 or code == 1:
            return "crash", [f"exit code {code}: {output[-500:]}"]
        problems = []
        if code == 2:
            problems = [p for p in problems_of(output, file) if not MISSING.match(p)]
        if any(UNKNOWN.match(p) for p in problems):
            return "unknown key", problems
        if any(not NAMED.match(p) for p in problems):
            return "no reason", problems
        if problems:
            return "refused", problems
        keys = re.findall(r"^([A-Za-z_]\w*)\s*:(?!\s*(?:null|false)?\s*(?:#.*)?$)",
                          file.read_text(errors="replace"), re.MULTILINE)
        return ("ok, no-ops" if any(self.is_no_op(key) for key in keys) else "ok"), []


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--finetune", default="bazel-bin/train/finetune")
    parser.add_argument("--verbose", action="store_true", help="every file with its problems")
    options = parser.parse_args()

    files = sorted(p for p in options.folder.rglob("*.y*ml") if p.suffix in (".yaml", ".yml"))
    if not files:
        sys.exit(f"check_examples.py: no YAML files in {options.folder}")
    counts, unknown, refused, left_out = (collections.Counter() for _ in range(4))
    with tempfile.TemporaryDirectory() as scratch:
        checker = Checker(options.finetune, scratch)
        for file in files:
            if not is_training_config(file.read_text(errors="replace")):
                left_out[str(file)] += 1
                continue
            found, problems = checker.classify(file)
            counts[found] += 1
            for problem in problems:
                if match := UNKNOWN.match(problem):
                    unknown[match[1]] += 1
                elif match := NAMED.match(problem):
                    refused[re.sub(r"\d+", "N", problem)] += 1
            if options.verbose or found in ("no reason", "crash"):
                print(f"{file}: {found}", *problems, sep="\n    ")

    if options.verbose:
        print("left out, no training configurations:", *left_out, sep="\n    ")
    total = sum(counts.values())
    print(f"{len(files)} files, {total} training configurations")
    for name in CLASSES:
        print(f"  {name:12} {counts[name]:4}  {100 * counts[name] / max(total, 1):5.1f} %")
    for title, list_ in (("unknown keys", unknown), ("refused", refused)):
        print(f"{title}:", *(f"  {n:4} {what}" for what, n in list_.most_common()), sep="\n")
    good = sum(counts[name] for name in GOOD)
    print(f"accepted or refused with a reason: {good} of {total}, {100 * good / max(total, 1):.1f} %")
    return 0 if total and counts["crash"] == 0 and good >= 0.95 * total else 1


if __name__ == "__main__":
    sys.exit(main())
