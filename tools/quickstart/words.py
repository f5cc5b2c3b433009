# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""The words that the quickstart's texts are made of, and how a pattern becomes a sentence."""
import re

NAMES = (
    "Ada Amir Ana Anton Aya Ben Bruno Carla Chen Clara Dan Dina Elif Emma Erik Eva Felix Finn Gita "
    "Greta Hana Hugo Ines Iris Ivan Jan Jonas Julia Kemal Kim Lars Lea Leo Lina Luca Maja Mara Marco "
    "Maria Mina Nadia Nils Nora Olga Omar Oscar Otto Paula Pavel Petra Rania Rosa Sam Sara Selma "
    "Simon Sofia Sven Tara Theo Tomas Uma Vera Viktor Wanda Yara Yusuf Zoe").split()
CITIES = (
    "Accra Athens Bergen Berlin Bern Bogota Boston Cairo Cork Dakar Delhi Denver Dublin Geneva Ghent "
    "Graz Hanoi Havana Helsinki Kyoto Lagos Leeds Lima Lisbon London Lyon Madrid Malmo Milan Munich "
    "Nairobi Naples Oslo Paris Porto Prague Quito Riga Rome Seoul Sofia Tokyo Toronto Turin Vienna "
    "Vilnius Warsaw Zurich").split()
CITIES.remove("Sofia")  # a name as well
ITEMS = (
    "apples bags balls bells belts books boots bottles bowls boxes brushes candles caps cards chairs "
    "clocks coats coins cups desks dolls drums flags flutes forks gloves hats jars kites knives lamps "
    "maps masks mirrors pans pens pillows pipes plates puzzles radios ropes rugs scarves shells shirts "
    "shoes spoons stamps tents toys vases watches").split()
JOBS = (
    "actor baker barber builder carpenter cook dentist doctor driver farmer gardener judge lawyer "
    "miner nurse painter pilot plumber singer tailor teacher waiter writer").split()
ANIMALS = "bird camel cat cow dog donkey duck fish frog goat goose hen horse lamb mouse owl parrot pig rabbit sheep turtle".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
COLORS = "black blue brown gold green grey orange pink purple red silver white yellow".split()

CONSONANTS = "b c d f g h j k l m n p r s t v w z br dr fl gr kl pr sh st tr".split()
VOWELS = "a e i o u ai ea io ou".split()


def made_up_word(rng):
    """A word that is in no list: what copies it has to copy letters."""
    word = "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(1, 3)))
    return word + rng.choice(["", "", "l", "m", "n", "r", "s", "t"])


def number(rng, low, high):
    """Between the two; small numbers are as frequent as large ones."""
    digits = rng.randint(len(str(low)), len(str(high)))
    return rng.randint(max(low, 10 ** (digits - 1)), min(high, 10**digits - 1))


CHOICE = re.compile(r"\[([^\[\]]*)\]")


def write(pattern, values, rng):
    """One of the sentences of a pattern: of [one|other] one is taken, {field} is its value."""
    while True:
        found = CHOICE.search(pattern)
        if not found:
            return pattern.format_map(values)
        pattern = pattern[: found.start()] + rng.choice(found[1].split("|")) + pattern[found.end() :]
