#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes data/quickstart/{train,held_out}.jsonl: orders as sentences, to be answered with JSON.

A third of the patterns occurs only in the held-out rows. No name is with the same city in both
files, so no combination of values is either. The same call always writes the same bytes.

  tools/quickstart/make_rows.py [FOLDER]
"""
import json
import os
import random
import sys

from words import CITIES, ITEMS, NAMES, number

TRAIN_ROWS, HELD_OUT_ROWS = 2400, 240

PATTERNS = [
    "{name} from {city} bought {count} {item} for {price} euros.",
    "{name} in {city} ordered {count} {item} and paid {price} euros.",
    "{count} {item} went to {name} in {city} for {price} euros.",
    "For {price} euros, {name} got {count} {item} in {city}.",
    "The {count} {item} that {name} ordered in {city} cost {price} euros.",
    "In {city}, {name} paid {price} euros for {count} {item}.",
    "Please send {count} {item} to {name} in {city}; the price is {price} euros.",
    "{name} wants {count} {item} for {price} euros, to be sent to {city}.",
    "Order for {name}: {count} {item}, {price} euros, {city}.",
    "A customer from {city}, {name}, took {count} {item} for {price} euros.",
    "We sold {count} {item} to {name} of {city} for {price} euros.",
    "{city} called: {name} needs {count} {item} and will pay {price} euros.",
]
HELD_OUT_PATTERNS = [
    "{price} euros is what {name} paid for {count} {item} in {city}.",
    "To {city} go {count} {item} for {name}, who paid {price} euros.",
    "{name} lives in {city} and spent {price} euros on {count} {item}.",
    "It was {name} who bought {count} {item} in {city} for {price} euros.",
    "With {price} euros {name} of {city} can buy {count} {item}.",
    "{count} {item} for {price} euros: {name} took them to {city}.",
]


def row(pattern, name, city, rng):
    values = {
        "name": name,
        "city": city,
        "item": rng.choice(ITEMS),
        "count": number(rng, 2, 99),
        "price": number(rng, 5, 999),
    }
    return {"question": pattern.format_map(values), "answer": json.dumps(values)}


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for line in rows:
            file.write(json.dumps(line) + "\n")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "data/quickstart"
    rng = random.Random(2026)
    pairs = [(name, city) for name in NAMES for city in CITIES]
    rng.shuffle(pairs)
    held_out, train = pairs[:HELD_OUT_ROWS], pairs[HELD_OUT_ROWS : HELD_OUT_ROWS + TRAIN_ROWS]
    write_rows(
        os.path.join(folder, "train.jsonl"),
        (row(PATTERNS[i % len(PATTERNS)], *pair, rng) for i, pair in enumerate(train)),
    )
    # Half of them in patterns that training has, half in new ones.
    both = [p for i in range(len(PATTERNS)) for p in
            (PATTERNS[i], HELD_OUT_PATTERNS[i % len(HELD_OUT_PATTERNS)])]
    write_rows(
        os.path.join(folder, "held_out.jsonl"),
        (row(both[i % len(both)], *pair, rng) for i, pair in enumerate(held_out)),
    )


if __name__ == "__main__":
    main()
