# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Facts of several kinds, sentences that tell them, and notations for them. None of these is JSON."""
from words import (ANIMALS, CITIES, COLORS, DAYS, ITEMS, JOBS, MONTHS, NAMES, made_up_word, number,
                   write)

# How often a name or a city is a word that is in no list.
MADE_UP = 0.1


def name(rng):
    return made_up_word(rng).capitalize() if rng.random() < MADE_UP else rng.choice(NAMES)


def city(rng):
    return made_up_word(rng).capitalize() if rng.random() < MADE_UP else rng.choice(CITIES)


def item(rng):
    return made_up_word(rng) if rng.random() < MADE_UP else rng.choice(ITEMS)


def of(words):
    return lambda rng: rng.choice(words)


def between(low, high):
    return lambda rng: str(number(rng, low, high))


# For every kind of fact its fields, in their usual order, and how it is told.
KINDS = {
    "order": (
        {"name": name, "city": city, "item": item, "count": between(2, 99), "price": between(5, 999)},
        [
            "[Yesterday|Today|Last week|On Monday|This morning] {name} [went to|was in|drove to] {city} and "
            "[bought|got|took|ordered|picked] {count} [new|old|good|small|large|{}] {item} "
            "[for|at a price of] {price} [euros|dollars].",
            "[The shop in {city} sold|A shop in {city} sold|The market of {city} sold] {name} {count} {item}. "
            "[The price was|They cost|It was] {price} [euros|dollars].",
            "{name} [paid|gave|spent] {price} [euros|dollars]. [The|These|Now the] {count} {item} are "
            "[on the way to|in|sent to] {city}.",
            "[Send|Bring] {price} [euros|dollars] and [you get|I give you] {count} {item}, [said|wrote] {name} "
            "[in|from] {city}.",
            "[My friend|Our neighbour|Her sister|His brother] {name} [lives in|comes from|is from] {city}. "
            "[There|Here|Last year] {count} {item} [cost|were] {price} [euros|dollars].",
            "{city}: {count} {item}, {price} [euros|dollars], [sold to|paid by|bought by|for] {name}.",
            "[Price|Sum|Bill] {price} [euros|dollars], {item} {count}, [to|for] {name}, {city}.",
            "[How much did|What did] {name} pay for the {count} {item} in {city}? "
            "[It was|They were|The price was] {price} [euros|dollars].",
            "{count} {item} [were|are] [in the box|in the bag|on the table]. {name} [from|of|in] {city} "
            "[takes|took|wanted] [them|all] for {price} [euros|dollars].",
            "[When|As] {name} [came to|left|was in] {city}, {price} [euros|dollars] [were enough|was the price] "
            "for {count} {item}.",
        ],
    ),
    "person": (
        {"name": name, "age": between(18, 99), "job": of(JOBS), "city": city},
        [
            "{name} is [a|the] {job} [in|from|of] {city} and [is|turned|soon will be] {age} [years old|{}].",
            "[The|A] {age} year old {job} [named|called] {name} [lives in|works in|moved to|left] {city}.",
            "[In {city}|At home in {city}] [lives|works] {name}, {age}, [a|the] {job}.",
            "At the age of {age}, {name} [moved to|came to|went to] {city} to [be|work as] a {job}.",
            "{name} from {city} [works as|is|was] a {job}. {name} is {age} [years old|{}].",
            "[Every|A] {job} in {city} knows {name}, [who is|now] {age} [years old|{}].",
        ],
    ),
    "trip": (
        {"name": name, "from": city, "to": city, "day": of(DAYS), "hour": between(1, 12)},
        [
            "[On|Next|Every] {day} {name} [goes|drives|travels] from {from} to {to} at {hour}.",
            "The train of {name} leaves {from} at {hour} on {day} [and goes to|for] {to}.",
            "{name} [wants to|will|has to] be in {to} on {day} and [leaves|starts in] {from} at {hour}.",
            "[A ticket|One ticket] to {to} for {name}, [please|{day}], {hour} o'clock, [{day}|from here], {from}.",
            "From {from} [it is not far|you can walk|there is a road] to {to}. {name} goes on {day} at {hour}.",
        ],
    ),
    "pet": (
        {"owner": name, "animal": of(ANIMALS), "pet": name, "age": between(1, 20), "color": of(COLORS)},
        [
            "{owner} has a {color} {animal} [called|named] {pet}, which is {age} [years old|{}].",
            "The {animal} of {owner} is {color}. [Its name is|It is called] {pet} and it is {age} [years old|{}].",
            "{pet} is a {age} year old {animal}. [It is {color} and|{color} is its color; it] belongs to {owner}.",
            "[Look|Come], says {owner}, my {color} {animal} {pet} is {age} today.",
        ],
    ),
    "meeting": (
        {"name": name, "day": of(DAYS), "hour": between(1, 12), "city": city, "room": between(1, 999)},
        [
            "[We|They|You] meet {name} on {day} at {hour} in {city}, room {room}.",
            "{name} [waits|is|will be] in room {room} [at|from] {hour} on {day}. The house is in {city}.",
            "[On {day}|This {day}] at {hour} there is a meeting with {name} in room {room} in {city}.",
            "Room {room}, {city}: {name} [speaks|reads|sings], {day}, {hour} o'clock.",
        ],
    ),
    "weather": (
        {"city": city, "month": of(MONTHS), "degrees": between(1, 40), "rain": between(1, 31)},
        [
            "In {month} it [is|was] {degrees} degrees in {city}, with {rain} days of rain.",
            "{city} had {rain} days of rain in {month} and {degrees} degrees.",
            "[The|A] {month} in {city} [brings|has] {degrees} degrees [and|but] rain on {rain} days.",
        ],
    ),
    "bill": (
        {"shop": city, "item": item, "count": between(2, 99), "each": between(1, 99), "sum": between(5, 999)},
        [
            "{count} {item} for {each} each [are|make] {sum} [euros|dollars], says the shop in {shop}.",
            "The {shop} shop [writes|sends] a bill: {count} {item}, each {each}, {sum} in [all|total].",
            "[In total|All in all] {sum} [euros|dollars] for {count} {item}, {each} for each, at {shop}.",
        ],
    ),
}


def record(rng):
    """(sentence, its fields with values) of any kind; orders are the most frequent."""
    kind = "order" if rng.random() < 0.4 else rng.choice(list(KINDS))
    fields, patterns = KINDS[kind]
    values = {field: make(rng) for field, make in fields.items()}
    sentence = write(rng.choice(patterns).replace("|{}", "|"), values, rng)
    return " ".join(sentence.split()).replace(" .", "."), values


# A notation: what is before all, of one field, between two, after all.
NOTATIONS = [
    ("", "{f} = {v}", "; ", ""),
    ("", "{f}: {v}", "\n", ""),
    ("", "{f} is {v}", ", ", "."),
    ("(", "{f} = {v}", ", ", ")"),
    ("", '{f} = "{v}"', "; ", ""),
    ("[", '"{v}" as {f}', ", ", "]"),
    ("", "- {f}: {v}", "\n", ""),
    ("{{", "{f} {v}", " | ", "}}"),
    ("", "{v} ({f})", ", ", ""),
    ("<", '{f}="{v}"', " ", ">"),
]


def notation(values, form):
    begin, one, between_two, end = form
    text = between_two.join(one.format(f=field, v=value) for field, value in values.items())
    return begin.replace("{{", "{") + text + end.replace("}}", "}")
