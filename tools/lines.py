#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Prints lines of code per folder, and the files that grew too long.

A file should have 50 to 250 lines. Above 400 it is listed; above 600 it must be split, and the exit
status is 1.
"""
import collections
import subprocess
import sys

SUFFIXES = (".h", ".cc", ".cu", ".cuh", ".py", ".sh", ".bzl")
REVIEW, SPLIT = 400, 600


def main():
    names = subprocess.run(
        ["git", "ls-files", "-z"], check=True, capture_output=True, text=True
    ).stdout.split("\0")
    folders = collections.Counter()
    files = collections.Counter()
    long_files = []
    for name in names:
        if not name.endswith(SUFFIXES):
            continue
        with open(name, "rb") as file:
            lines = sum(1 for _ in file)
        folder = name.partition("/")[0]
        folders[folder] += lines
        files[folder] += 1
        if lines > REVIEW:
            long_files.append((lines, name))

    for folder, lines in sorted(folders.items()):
        print(f"{lines:7d} lines {files[folder]:5d} files  {folder}")
    print(f"{sum(folders.values()):7d} lines {sum(files.values()):5d} files")
    for lines, name in sorted(long_files, reverse=True):
        print(f"{name}: {lines} lines; " + ("split it" if lines > SPLIT else "worth a look"))
    return int(any(lines > SPLIT for lines, _ in long_files))


if __name__ == "__main__":
    sys.exit(main())
