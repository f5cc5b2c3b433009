#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes the text that the quickstart's base model is pretrained on: documents.jsonl and talks.jsonl.

Documents are prose, lists that are copied, and sentences with their facts in some notation. Talks
ask for a list once more, or for the facts of a sentence; where they do not say how, the answer is in
the first notation. JSON is in neither, nor any sentence of the rows that the quickstart trains on:
its patterns are others. In talks only the answers are learned, in which nothing has to be guessed:
that is where the model learns to copy.
The same call always writes the same bytes.

  tools/quickstart/make_text.py FOLDER TALKS
"""
import json
import os
import random
import sys

from records import NOTATIONS, city, item, name, notation, record
from words import COLORS, DAYS, ITEMS, JOBS, made_up_word, number, write

STORIES = [
    "{name} lived in a [small|large|old|white] house near {city}. [Every morning|Every evening|Each day] "
    "{name} went to the [market|shop|river|station] and [bought|sold|found|lost] {item}.",
    "[One day|Once|Last year|Then] {other} came from {place} to {city} and said to {name}: "
    "[do you want|can I have|where are] the {item}?",
    "[Yes|No|Well|Of course], said {name}, [you can have|I give you|I do not have|we need] {count} "
    "[of them|{item}|more].",
    "[So|Then|After that|Later] {name} and {other} [walked|drove|went] [home|to {place}|along the river] "
    "and [talked about|thought of|looked for] the {item}.",
    "[The|A] {color} {item} were [the best|the oldest|too old|too heavy|good enough] for [the|a] {job}, "
    "and {other} [knew it|was happy|was sad|laughed].",
    "[It was|That was] {day}, and [the sun was shining|it was raining|the train was late|nobody was there].",
    "{other} [counted|had|saw] {count} {item}, but {name} [counted|had|saw] {more}.",
    "[In the end|At last|That night] [they were friends|all was well|{name} went back to {city}|"
    "{other} stayed in {place}].",
]


def story(rng):
    values = {
        "name": name(rng), "other": name(rng), "city": city(rng), "place": city(rng),
        "item": item(rng), "count": number(rng, 2, 99), "more": number(rng, 2, 999),
        "color": rng.choice(COLORS), "job": rng.choice(JOBS), "day": rng.choice(DAYS),
    }
    chosen = sorted(rng.sample(range(len(STORIES)), rng.randint(3, 6)))
    return " ".join(write(STORIES[i], values, rng) for i in chosen)


def list_of_words(rng, length):
    makers = [
        lambda: made_up_word(rng), lambda: str(number(rng, 1, 9999)), lambda: name(rng), lambda: city(rng), lambda: item(rng),
        lambda: f"{number(rng, 2, 99)} {item(rng)}",
    ]
    kinds = rng.sample(makers, rng.randint(1, 3))
    return [rng.choice(kinds)() for _ in range(length)]


def copy(rng):
    """A list, and the same list once more in other punctuation, or what stands behind its words."""
    words = list_of_words(rng, rng.randint(2, 6))
    style = rng.randrange(4)
    if style == 0:
        return " ".join(words), " ".join(words)
    if style == 1:
        return " ".join(words), ", ".join(f'"{w}"' for w in words)
    if style == 2:
        return ", ".join(words) + ".", "; ".join(words) + "."
    pairs = list(zip(rng.sample(COLORS + JOBS, len(words)), words))
    asked = rng.sample(pairs, len(pairs))
    told = ", ".join(f"{key} {value}" for key, value in pairs)
    keys = " ".join(key for key, _ in asked)
    return f"{told}.\n{keys}?", ", ".join(f"{key} {value}" for key, value in asked)


def some_fields(values, rng):
    fields = list(values)
    if rng.random() < 0.5:
        return values
    chosen = rng.sample(fields, rng.randint(1, len(fields)))
    return {field: values[field] for field in chosen}


def facts(rng):
    sentence, values = record(rng)
    return sentence + rng.choice(["\n", " "]) + notation(some_fields(values, rng), rng.choice(NOTATIONS))


def talk(rng):
    if rng.random() < 0.35:
        return conversation(*copy(rng))
    sentence, values = record(rng)
    if rng.random() < 0.4:
        question, answer = sentence, notation(values, NOTATIONS[0])
    else:
        # The form is shown on the fields that are asked for.
        form = rng.choice(NOTATIONS)
        values = some_fields(values, rng)
        shown = notation({field: "..." for field in values}, form)
        question, answer = f"{sentence}\n{shown}", notation(values, form)
    return conversation(question, answer)


def conversation(question, answer):
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def document(rng):
    kind = rng.randrange(3)
    return {"text": story(rng) if kind == 0 else facts(rng) if kind == 1 else "\n".join(copy(rng))}


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for line in rows:
            file.write(json.dumps(line) + "\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, talks = sys.argv[1], int(sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    rng = random.Random(2025)
    write_rows(os.path.join(folder, "documents.jsonl"), (document(rng) for _ in range(talks // 4)))
    write_rows(os.path.join(folder, "talks.jsonl"), (talk(rng) for _ in range(talks)))


if __name__ == "__main__":
    main()
