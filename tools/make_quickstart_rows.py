#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes data/quickstart/rows.jsonl: the rows that `finetune` without arguments trains on.

Five kinds of small tasks with one right answer each: sums, comparisons, counting, looking a fact up
in a sentence, and spelling backwards. A small model learns the form of the answers in seconds and
the easier tasks within the minute of the demo. The same call always writes the same bytes.

  tools/make_quickstart_rows.py [FILE]
"""
import json
import random
import sys

ROWS = 1500
NAMES = ["Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Iris", "Jon", "Kim", "Leo"]
THINGS = ["apples", "books", "coins", "cups", "keys", "pens", "shells", "stamps"]
COLORS = ["black", "blue", "brown", "green", "grey", "pink", "red", "white", "yellow"]
OBJECTS = ["bag", "bike", "boat", "car", "coat", "door", "hat", "lamp"]
WORDS = ["cat", "dog", "sun", "moon", "tree", "rain", "milk", "bird", "fish", "star", "door", "lake"]


def total(rng):
    a, b = rng.randrange(1, 21), rng.randrange(1, 21)
    name, thing = rng.choice(NAMES), rng.choice(THINGS)
    return (
        f"{name} has {a} {thing} and gets {b} more. How many {thing} does {name} have?",
        f"{a} + {b} = {a + b}. {name} has {a + b} {thing}.",
    )


def larger(rng):
    a, b = rng.sample(range(1, 100), 2)
    return f"Which number is larger, {a} or {b}?", f"{max(a, b)} is larger than {min(a, b)}."


def count(rng):
    word, times = rng.choice(WORDS), rng.randrange(1, 7)
    return f"How often is the word here: {' '.join([word] * times)}?", f"The word {word}: {times}."


def look_up(rng):
    people = rng.sample(NAMES, 2)
    facts = [(p, rng.choice(COLORS), rng.choice(OBJECTS)) for p in people]
    text = " ".join(f"{p} has a {color} {thing}." for p, color, thing in facts)
    person, color, thing = rng.choice(facts)
    return f"{text} What does {person} have?", f"{person} has a {color} {thing}."


def backwards(rng):
    word = rng.choice(WORDS)
    return f"Spell {word} backwards.", "-".join(reversed(word))


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "data/quickstart/rows.jsonl"
    rng = random.Random(2026)
    kinds = [total, larger, count, look_up, look_up, backwards]
    with open(path, "w", encoding="utf-8") as file:
        for i in range(ROWS):
            question, answer = kinds[i % len(kinds)](rng)
            file.write(json.dumps({"question": question, "answer": answer}) + "\n")


if __name__ == "__main__":
    main()
