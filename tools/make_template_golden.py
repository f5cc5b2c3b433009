#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes the fixtures of the chat template tests: templates, conversations, and what jinja2 makes
of them.

The environment is set up as transformers does it. Needs jinja2 and the trl package, whose shipped
templates are the official ones of many models:

  pip install jinja2 trl; tools/make_template_golden.py [FOLDER]

Written to tests/goldens/templates: conversations.jsonl, and rendered.jsonl.gz with one line per
template: its name, its text, the licence of the text, and what it makes of each conversation
(null where it raises an error). Where the licence of a template does not allow copies of it, its
text is left out: the built-in template of that name must write the same.
"""
import contextlib
import datetime
import gzip
import importlib.resources
import json
import pathlib
import random
import sys

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOW = datetime.datetime(2024, 7, 26)
CONVERSATIONS = 50


class Generation(jinja2.ext.Extension):
    """{% generation %}: its inside, as a function of its own."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_inside")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _inside(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(
            x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
        )

    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


# ----------------------------------------------------------------------------- conversations

TEXTS = [
    "Hi", "What is 2 + 2?", "  leading and trailing  \n", "line one\nline two\n\nline four",
    "", "Grüße, 世界! \U0001f600 é", "<b>bold</b> & \"quoted\" 'single' \\ back",
    "{{ not }} a {% template %}", "def f(x):\n    return x ** 2\n", "tab\tand\u00a0nbsp \u3000",
    "None", "[1, 2, {\"a\": null}]", "ẞ İ ǆ ﬁ ΑΣ", "a" * 70,
]
THOUGHTS = ["Let me see.", "step 1\nstep 2", "  padded \n", "two < three & \"so\""]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Weather in a city, <now> & \"here\"",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Name of the city"},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                    "days": {"type": "integer"},
                },
                "required": ["city"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "zählen",
            "description": "Counts words",
            "parameters": {"type": "object", "properties": {"text": {"type": "string"}}},
        },
    },
]
ARGUMENTS = [
    ("get_weather", {"city": "Paris", "unit": "celsius"}),
    ("get_weather", {"city": "Zürich \"Nord\"", "days": 3, "exact": True, "note": None}),
    ("zählen", {"text": "a\nb 'c'", "weights": [1, 2.5, 1e-7], "deep": {"x": {"y": []}}}),
    ("zählen", {}),
]


def call(rng, index):
    name, arguments = rng.choice(ARGUMENTS)
    return {
        "id": f"call{index:05d}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def conversation(seed):
    """One row: messages, tools, further variables."""
    rng = random.Random(seed)
    kind = seed % 10
    with_tools = kind in (3, 4, 5)
    messages = []
    if kind in (1, 3, 7):
        messages.append({"role": "system", "content": rng.choice(TEXTS)})
    if kind == 8:
        messages.append({"role": "system", "content": [{"type": "text", "text": "Be brief."}]})
    for turn in range(rng.choice([1, 1, 2, 3])):
        content = rng.choice(TEXTS)
        if kind == 8 and turn == 0:
            content = [{"type": "text", "text": content}, {"type": "text", "text": " and more"}]
        messages.append({"role": "user", "content": content})
        if with_tools and rng.random() < 0.8:
            calls = [call(rng, 10 * turn + i) for i in range(rng.choice([1, 1, 2]))]
            caller = {"role": "assistant", "content": rng.choice(["", "", "Let me look."])}
            if kind == 5:
                caller["reasoning_content"] = rng.choice(THOUGHTS)
            messages.append(caller | {"tool_calls": calls})
            for c in calls:
                messages.append({"role": "tool", "tool_call_id": c["id"],
                                 "name": c["function"]["name"],
                                 "content": rng.choice(['{"t": 20}', "20 °C", "<tool_response>"])})
        answer = {"role": "assistant", "content": rng.choice(TEXTS)}
        if kind == 6:
            answer["content"] = f"<think>\n{rng.choice(THOUGHTS)}\n</think>\n\n" + answer["content"]
        if kind in (5, 7):
            answer["reasoning_content"] = rng.choice(THOUGHTS)
        messages.append(answer)
    row = {"messages": messages}
    if with_tools:
        row["tools"] = TOOLS[: rng.choice([1, 2])]
    if seed % 3 == 1:
        messages.pop()
        row["add_generation_prompt"] = True
    if seed % 4 == 3:
        row["enable_thinking"] = rng.choice([True, False])
    return row


def joined(row):
    """The row with every list of parts as one string, None if it has no list."""
    messages = []
    for message in row["messages"]:
        content = message["content"]
        if isinstance(content, list):
            message = message | {"content": "".join(part["text"] for part in content)}
        messages.append(message)
    return None if messages == row["messages"] else row | {"messages": messages}


# --------------------------------------------------------------------------------- templates

# name -> (file of the trl package, bos token, eos token, licence). Apache-2.0 or MIT: the model and
# its template are under it. None: the text is left out.
OFFICIAL = {
    "qwen2_5": ("qwen2_5", None, "<|im_end|>", "Apache-2.0 (Qwen2.5)"),
    "qwen2_5_vl": ("qwen2_5_vl", None, "<|im_end|>", "Apache-2.0 (Qwen2.5-VL)"),
    "qwen3": ("qwen3", None, "<|im_end|>", "Apache-2.0 (Qwen3)"),
    "qwen3_instruct_2507": ("qwen3_instruct_2507", None, "<|im_end|>", "Apache-2.0 (Qwen3)"),
    "qwen3_vl": ("qwen3_vl", None, "<|im_end|>", "Apache-2.0 (Qwen3-VL)"),
    "qwen3_5_think": ("qwen3_5_think", None, "<|im_end|>", "Apache-2.0 (Qwen3.5)"),
    "qwen3_5_nothink": ("qwen3_5_nothink", None, "<|im_end|>", "Apache-2.0 (Qwen3.5)"),
    "qwen3_6": ("qwen3_6", None, "<|im_end|>", "Apache-2.0 (Qwen3.6)"),
    "qwen3_training": ("qwen3_training", None, "<|im_end|>", "Apache-2.0 (trl)"),
    "qwen3_5_think_training": ("qwen3_5_think_training", None, "<|im_end|>", "Apache-2.0 (trl)"),
    "qwen2_5_training": ("qwen2_5_training", None, "<|im_end|>", "Apache-2.0 (trl)"),
    "deepseekv3": ("deepseekv3", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>",
                   "MIT (DeepSeek-V3)"),
    "deepseekv3_training": ("deepseekv3_training", "<｜begin▁of▁sentence｜>",
                            "<｜end▁of▁sentence｜>", "Apache-2.0 (trl), MIT (DeepSeek-V3)"),
    "deepseek_r1_distill": ("deepseek_r1_distill", "<｜begin▁of▁sentence｜>",
                            "<｜end▁of▁sentence｜>", "MIT (DeepSeek-R1)"),
    "glm4moe": ("glm4moe", None, "<|user|>", "MIT (GLM-4.5)"),
    "gptoss": ("gptoss", None, "<|return|>", "Apache-2.0 (gpt-oss)"),
    "phi3": ("phi3", "<s>", "<|endoftext|>", "MIT (Phi-3)"),
    "phi3_5": ("phi3_5", "<s>", "<|endoftext|>", "MIT (Phi-3.5)"),
    "smolvlm": ("smolvlm", "<|im_start|>", "<end_of_utterance>", "Apache-2.0 (SmolVLM)"),
    "idefics3": ("idefics3", "<|begin_of_text|>", "<end_of_utterance>", "Apache-2.0 (Idefics3)"),
    "gemma4": ("gemma4", "<bos>", "<turn|>", "Apache-2.0 (Gemma 4)"),
    "llama3": ("llama3", "<|begin_of_text|>", "<|eot_id|>", None),
    "gemma3": ("gemma3", "<bos>", "<eos>", None),
}


def render(template, row, bos, eos):
    values = {"documents": None, "tools": None, "add_generation_prompt": False} | row
    for name, token in (("bos_token", bos), ("eos_token", eos)):
        if token is not None:
            values[name] = token
    with contextlib.suppress(jinja2.exceptions.TemplateError, TypeError, ValueError, KeyError):
        return template.render(**values)
    return None


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "tests/goldens/templates")
    folder.mkdir(parents=True, exist_ok=True)
    rows = [conversation(seed) for seed in range(CONVERSATIONS)]
    # Behind them, for templates that cannot read lists, those with lists once more.
    rows += [row for row in map(joined, rows) if row]
    with open(folder / "conversations.jsonl", "w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")

    env = environment()
    lines = []
    texts = importlib.resources.files("trl") / "chat_templates"
    for name, (file, bos, eos, licence) in OFFICIAL.items():
        text = (texts / f"{file}.jinja").read_text(encoding="utf-8")
        template = env.from_string(text)
        rendered = [render(template, row, bos, eos) for row in rows]
        line = {"name": name, "licence": licence, "bos_token": bos, "eos_token": eos}
        line |= {"template": text if licence else None, "rendered": rendered}
        lines.append(json.dumps(line, ensure_ascii=False))
        print(f"{name}: {sum(r is not None for r in rendered)} of {len(rows)} rendered")
    data = "".join(line + "\n" for line in lines).encode()
    (folder / "rendered.jsonl.gz").write_bytes(gzip.compress(data, 9, mtime=0))


if __name__ == "__main__":
    main()
