# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes the committed tokenizers and what the tokenizer tests expect (tokenizers 0.23, dev only).

  python tools/make_tokenizer_golden.py        from the workspace root

Writes data/quickstart/tokenizer{,_config}.json, the tokenizer of the built-in demo, and in
tests/goldens/tokenizer: llama3.json and flags.json, two more tokenizers; expected.json, ids and
decoded text of difficult strings for all three; unicode.json, hashes over every code point of what
`tokenizers` takes it for.
"""

import json
import random

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = "tests/goldens/tokenizer/"
QUICKSTART = "data/quickstart/"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
QWEN35 = (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
VOCAB_SIZE = 1024

PROSE = """
The question is simple, but the answer takes a little work. First we count what we have, then we
take away what was given to others, and what is left is the answer. If something is not clear, read
the question again and write down every number with its unit before you start.
There were three people in the room when the train arrived. Nobody knew which of them had bought the
tickets, and the woman at the counter would not say. After an hour they decided to walk home through
the park, because the weather was good and the evening was still warm.
A computer does only what it is told, and it does that very quickly. Think about each step, check the
result, and explain your reasoning so that someone else can follow it. You should always show how
you got the final answer; it's not enough that it's right.
Please write a short story about a small river town. The old bridge had been closed for years before
anyone began to repair it. Children used to play under its arches during the summer, where the water
was shallow and the stones were smooth. What could they have found there that made them so happy?
Let's see how this works: we'll multiply the price of one by how many there are. Don't forget that
the first two are free! I've never seen them cost more than that, and you'd expect the same again
today. They're cheaper in the morning, aren't they? We can't know, he'll tell us later.
Water boils at one hundred degrees at sea level. The further up you go, the lower the temperature at
which it boils. Light from the sun needs about eight minutes to reach the earth. Most plants need
light, water and air in order to grow, and some need very little of either.
"""

NAMES = "Anna Ben Clara David Emma Felix Grace Henry Ivan Julia Karen Leo Maria Noah Olivia Paul".split()
THINGS = ("apples books cards coins cookies eggs flowers hours letters marbles miles minutes oranges "
          "pages pencils people pieces pounds shirts stamps students tickets toys trees").split()
PLACES = "the farm,the garden,the library,the market,the school,the shop,the station,work".split(",")
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

CODE = """
def total(items, rate=0.5):
    # returns the sum of all prices, each times its rate
    return sum(item["price"] * rate for item in items if item is not None)

for (int i = 0; i < n; ++i) { sum += values[i]; }
if (x == nullptr) { return false; } else { std::string name = "none"; }
import json; print(json.dumps({"ok": true, "error": null}))
"""

LANGUAGES = """
Der schnelle braune Fuchs springt über den faulen Hund. Où est la bibliothèque, s'il vous plaît ?
El niño comió una manzana después de la clase. Tôi đang học tiếng Việt ở trường đại học.
Быстрая коричневая лиса прыгает через ленивую собаку. Η γρήγορη αλεπού πηδάει πάνω από τον σκύλο.
الثعلب البني السريع يقفز فوق الكلب الكسول. השועל החום המהיר קופץ מעל הכלב העצלן.
敏捷的棕色狐狸跳过了懒狗。 吾輩は猫である。名前はまだ無い。 빠른 갈색 여우가 게으른 개를 뛰어넘는다.
तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है। สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ 😀👍🏽👨‍👩‍👧🇩🇪
"""


def word_problem(rng):
    a, b = rng.sample(NAMES, 2)
    thing, other = rng.sample(THINGS, 2)
    n, m, k = rng.randint(2, 99), rng.randint(2, 40), rng.randint(2, 12)
    place, day = rng.choice(PLACES), rng.choice(DAYS)
    question = rng.choice([
        f"{a} has {n} {thing} and gives {m} of them to {b}. How many {thing} does {a} have left?",
        f"On {day} {a} bought {k} boxes with {m} {thing} each at {place}. How many {thing} is that?",
        f"{a} and {b} walked from {place} for {n} minutes. If {b} stopped every {k} minutes, how many "
        f"times did they stop in total?",
        f"Each of the {n} {thing} costs ${k}.50. How much money does {a} need to buy {m} of them?",
        f"{b} reads {m} {thing} per day. After {k} days, she has {n} more {other} than {a}. How many "
        f"{thing} did {b} read?",
    ])
    answer = rng.choice([
        f"{a} had {n} at first.\n{n} + {m} = {n + m}\nThe answer is {n + m}.\n#### {n + m}",
        f"There are {k} * {m} = {k * m} {thing} in total.\n#### {k * m}",
        f"First, {n} - {k} = {n - k}. Then {n - k} x {m} = {(n - k) * m}.\n#### {(n - k) * m}",
    ])
    return question, answer


def training_text(count, languages):
    rng = random.Random(7)
    texts = [PROSE] * 6 + [CODE] * 3 + [LANGUAGES] * languages
    for _ in range(count):
        question, answer = word_problem(rng)
        texts.append(question + "\n" + answer + "\n")
        texts.append(json.dumps({"role": "user", "content": question}) + "\n")
        texts.append(json.dumps({"question": question, "answer": answer}) + "\n")
    return texts


def train(pattern, texts, vocab_size, normalizer):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=vocab_size, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


def make_quickstart():
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
               "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
    plain = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>",
             "</think>"]
    tokenizer = train(QWEN35, training_text(500, 0), VOCAB_SIZE - len(special) - len(plain),
                      normalizers.NFC())
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in special])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in plain])
    assert tokenizer.get_vocab_size() == VOCAB_SIZE
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    write_json(QUICKSTART + "tokenizer.json", json.loads(tokenizer.to_str()))
    with open(QUICKSTART + "tokenizer_config.json", "w", encoding="utf-8") as file:
        json.dump({
            "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": None,
            "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": None,
            "clean_up_tokenization_spaces": False, "model_max_length": 4096,
            "chat_template": "{% for message in messages %}<|im_start|>{{ message.role }}\n"
                             "{{ message.content }}<|im_end|>\n{% endfor %}"
                             "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        }, file, indent=2)
        file.write("\n")


def make_llama3():
    """Numbers by threes, a BOS, ignore_merges, merges in the older "a b" spelling."""
    value = json.loads(train(LLAMA3, training_text(120, 40), 1400, None).to_str())
    # A word that no merge reaches: only ignore_merges finds it.
    value["model"]["vocab"]["Ġwhole"] = len(value["model"]["vocab"])
    value["model"]["ignore_merges"] = True
    tokenizer = Tokenizer.from_str(json.dumps(value))
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"])
    bos = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<|begin_of_text|> $A",
                                      special_tokens=[("<|begin_of_text|>", bos)]),
    ])
    value = json.loads(tokenizer.to_str())
    value["model"]["merges"] = [" ".join(pair) for pair in value["model"]["merges"]]
    write_json(OUT + "llama3.json", value)


def make_flags():
    """GPT-2's pattern, bytes only, and added tokens with every flag, some overlapping."""
    tokenizer = Tokenizer(models.BPE(
        vocab={c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, merges=[]))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([
        AddedToken("word", single_word=True, normalized=False),
        AddedToken("<l>", lstrip=True, normalized=False),
        AddedToken("<r>", rstrip=True, normalized=False),
        AddedToken("<lr>", lstrip=True, rstrip=True, normalized=False),
        AddedToken("abc", normalized=False), AddedToken("abcdef", normalized=False),
        AddedToken("cd", normalized=False), AddedToken("é", normalized=True),
        AddedToken("e\u0301n", normalized=False), AddedToken("日本 語", normalized=False),
        AddedToken("Ġx", normalized=False),
    ])
    tokenizer.add_special_tokens(["<s>", AddedToken("<n>", normalized=True, single_word=True)])
    write_json(OUT + "flags.json", json.loads(tokenizer.to_str()))


def difficult_strings():
    rng = random.Random(11)
    strings = [
        "", " ", "  ", "\n", "\r\n", " \n", "\n ", " \n \n  x", "\t\tx", "x  ", "a\u00a0b", "\u3000x",
        "\u0085x\u0085", "\u180ex", "\u200bx", "x\u2028\u2029 y", "Hello, world!", "it's IT'S It'S",
        "'s't're've'm'll'd", "'S'T'RE'Ve'M'lL'D", "'\u017f '\u017fx", "'ſt '\ufb06", "don''t '' 'x' 'l l",
        "1234567890 12 345", "٣٤٥ ½ Ⅻ ²", "x1y2", "$3.50, -7%", "a_b __init__ (x)[0]{}",
        "....\n\n...\r\n\r\n!", " ....\n x", "for (;;)\n{\n\treturn;\n}\n", "e\u0301 é E\u0301le\u0300ve",
        "\u0301x \u0301", " \u0301a", "a\u0327\u0301 a\u0301\u0327", "\u1112\u1161\u11ab 한 \u1112\u1161 \u11ab",
        "\u0958 क\u093c", "\u212b \u2126 \uf900", "s\u0323\u0307 s\u0307\u0323 ṩ", "\u0344 \u0f73 \u0f71\u0f72",
        "中文，标点。「日本語」한국어", "שלום עולם مرحبا بالعالم", "हिन्दी में संदेश", "ภาษาไทย น้ำ",
        "Tiếng Việt: ở trường đại học", "😀👍🏽👨‍👩‍👧🇩🇪 \ufe0f\u200d", "z" + "\u0300\u0323\u0488" * 9,
        "\u0897\u1c89\U00016d40\U0001e5f1", "\u0378\u0379 \U000e0fff\U0010ffff \ue000 \ufffe",
        "a\u0001b\u0000c\u007f", "a" * 100 + " " * 70 + "b" * 65, "\n" * 30, " whole unwhole", "Ġx ĠxĊ",
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\nHello<|im_end|>",
        "<|im_start <|im_end|><|im_end|> <think", "<|begin_of_text|>x<|eot_id|> <|end_of_text|>",
        "word words sword word. wordword \u0301word 1word _word \u200dword word\u0301 (word)",
        "a  <l>  b <r>  c  <lr>  d<l><r> <lr> <l>", "\u3000<lr>\u00a0\u2003x", "abcdef abcde abcd abc xabcdef",
        "e\u0301n é e\u0301 en", "日本 語日本語", "<s><n> x<n> <n>x <n>", "<|video_pad|><tool_call>{}</tool_call>",
    ]
    for low, high in [(0x20, 0x7f), (0x20, 0x250), (0x300, 0x600), (0x20, 0x3000), (0x20, 0xd800),
                      (0x1f000, 0x1fb00), (0x20, 0xd800), (0xe000, 0x110000)]:
        for _ in range(6):
            strings.append("".join(rng.choice((chr(rng.randrange(low, high)), " ", "\n", "'s"))
                                   if rng.random() < 0.5 else chr(rng.randrange(low, high))
                                   for _ in range(24)))
    return strings


def make_expected():
    expected = {}
    rng = random.Random(13)
    for path in (QUICKSTART + "tokenizer.json", OUT + "llama3.json", OUT + "flags.json"):
        tokenizer = Tokenizer.from_file(path)
        cases = []
        for text in difficult_strings():
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            cases.append({"text": text, "ids": ids,
                          "special_ids": tokenizer.encode(text, add_special_tokens=True).ids,
                          "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                          "skipped": tokenizer.decode(ids, skip_special_tokens=True)})
        # Ids that no text gives: most of their bytes are not UTF-8.
        random_ids = [[rng.randrange(tokenizer.get_vocab_size()) if rng.random() < 0.5
                       else tokenizer.token_to_id(rng.choice("ĀāâðïŁĿĢł½¤"))
                       for _ in range(16)] for _ in range(40)]
        expected[path] = {"texts": cases, "ids": [
            {"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)}
            for ids in random_ids]}
    write_json(OUT + "expected.json", expected)


def fnv1a(data):
    h = 0xcbf29ce484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return "%016x" % h


def make_unicode():
    """Per block of 4096 code points: a hash of their classes, and of NFC with them in two contexts.

    The classes are bits: 1 letter, 2 mark, 4 number, 8 white space (from the regex engine), 16 word
    character (from single_word).
    """
    points = [c for c in range(0x110000) if not 0xd800 <= c < 0xe000]
    everything = "".join(map(chr, points))
    classes = [0] * 0x110000
    for bit, pattern in enumerate((r"\p{L}", r"\p{M}", r"\p{N}", r"\s")):
        inside = [True] * len(points)
        split = pre_tokenizers.Split(Regex(pattern), "removed")
        for _, (begin, end) in split.pre_tokenize_str(everything):
            inside[begin:end] = [False] * (end - begin)
        for c, is_member in zip(points, inside):
            classes[c] |= is_member << bit
    probe = Tokenizer.from_file(OUT + "flags.json")
    word = probe.token_to_id("word")
    for c, encoding in zip(points, probe.encode_batch([chr(c) + "word" for c in points])):
        classes[c] |= (word not in encoding.ids) << 4
    nfc = normalizers.NFC()
    result = {"classes": [], "nfc": []}
    for block in range(0, 0x110000, 4096):
        result["classes"].append(fnv1a(bytes(classes[block:block + 4096])))
        text = "".join(
            nfc.normalize_str(f"a\u0345\u0301{chr(c)}\u0334\u05b0\u3099\u0323x a{chr(c)}\u0300\u0327 ")
            for c in range(block, block + 4096) if not 0xd800 <= c < 0xe000)
        result["nfc"].append(fnv1a(text.encode()))
    write_json(OUT + "unicode.json", result)


if __name__ == "__main__":
    make_quickstart()
    make_llama3()
    make_flags()
    make_expected()
    make_unicode()
