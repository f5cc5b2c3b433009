#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/goldens/sampling.json: what transformers leaves to draw from.

    python3 tools/make_sampling_golden.py tests/goldens/sampling.json

Each case has logits, the tokens of the sequence so far, options, and the probability of every token
after transformers' logits processors in double precision, in the order in which generate() applies
them. Needs torch and transformers.
"""
import json
import sys

import torch
from transformers.generation.logits_process import (
    LogitsProcessorList, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper,
    TopKLogitsWarper, TopPLogitsWarper)

OPTIONS = [
    {"temperature": 1.0},
    {"temperature": 0.7},
    {"temperature": 1.3, "top_k": 1},
    {"temperature": 1.0, "top_k": 5},
    {"temperature": 1.0, "top_k": 1000},
    {"temperature": 1.0, "top_p": 0.9},
    {"temperature": 1.0, "top_p": 0.5},
    {"temperature": 1.0, "top_p": 1e-6},
    {"temperature": 1.0, "min_p": 0.1},
    {"temperature": 1.0, "min_p": 0.9},
    {"temperature": 0.8, "top_k": 12, "top_p": 0.8, "min_p": 0.05},
    {"temperature": 1.5, "top_p": 0.95, "min_p": 0.2},
    {"temperature": 1.0, "repetition_penalty": 1.3},
    {"temperature": 0.9, "repetition_penalty": 0.7, "top_k": 7, "top_p": 0.7},
]


def processors(options):
    result = LogitsProcessorList()
    if "repetition_penalty" in options:
        result.append(RepetitionPenaltyLogitsProcessor(options["repetition_penalty"]))
    if options["temperature"] != 1.0:
        result.append(TemperatureLogitsWarper(options["temperature"]))
    if "top_k" in options:
        result.append(TopKLogitsWarper(options["top_k"]))
    if "top_p" in options:
        result.append(TopPLogitsWarper(options["top_p"]))
    if "min_p" in options:
        result.append(MinPLogitsWarper(options["min_p"]))
    return result


def main():
    torch.manual_seed(1)
    cases = []
    for scale, digits in ((1.0, 4), (3.0, 4), (2.0, 0)):  # the last has ties
        logits = [round(x, digits) for x in (scale * torch.randn(24, dtype=torch.float64)).tolist()]
        seen = torch.randint(0, 24, (9,)).tolist()
        for options in OPTIONS:
            if digits == 0 and "top_p" in options:
                continue  # which of equal tokens goes first is not defined
            scores = processors(options)(torch.tensor([seen]), torch.tensor([logits], dtype=torch.float64))
            cases.append({"logits": logits, "seen": seen, "options": options,
                          "probabilities": torch.softmax(scores, -1)[0].tolist()})
    with open(sys.argv[1], "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
