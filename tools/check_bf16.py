#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Compares bf16 on a GPU with transformers in bf16 on the same GPU, both against f32.

usage: check_bf16.py EVALUATE DIRECTORY [MODEL...]

EVALUATE is the program tools/evaluate, DIRECTORY has goldens/{full,mini}/MODEL (config.json,
model.safetensors, golden.safetensors with logits and gradients in f32). The error of a tensor is
||x - f32|| / ||f32|| over kBatches batches: the golden file's and others with its tokens in other orders,
whose f32 values are EVALUATE's. A model passes when, tensor by tensor, hone's error is at most 1.25 times
that of transformers, the logits' at most 3e-2, and, for models with experts, at least 97 % of the choices of
experts are f32's. But for that last count both take f32's choices. Gradients that are zero but for rounding
have no relative error and are passed over. transformers' own logits and choices are printed beside: on an
ill-conditioned model it misses the same bounds. The last line is "N passed, M failed".
"""
import collections
import concurrent.futures
import os
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

kBatches = 8
kFactor, kLogits, kEqualChoices = 1.25, 3e-2, 0.97
kZero = 1e-6  # norm of a gradient that is rounding only


class Routing:
    """While it is entered, routers choose the given experts, in the order of the layers: torch.topk over
    `experts` values is theirs. Without choices they are free, and `made` lists what they choose."""

    def __init__(self, choices, experts):
        self.waiting, self.experts, self.topk = collections.deque(choices), experts, torch.topk
        self.made = []

    def __enter__(self):
        def topk(x, k, *arguments, **named):
            if x.shape[-1] != self.experts:
                return self.topk(x, k, *arguments, **named)
            if not self.waiting:
                best = self.topk(x, k, *arguments, **named)
                self.made.append(best.indices.reshape(-1, k).cpu())
                return best
            ids = self.waiting.popleft().to(x.device).view(*x.shape[:-1], k)
            return torch.return_types.topk((x.gather(-1, ids), ids))
        torch.topk = topk
        return self

    def __exit__(self, *_):
        torch.topk = self.topk


def experts_of(model):
    config = model.config.get_text_config()
    return getattr(config, "num_experts", None) or getattr(config, "num_local_experts", None) or -1


def choices_in_transformers(model, batch, layers):
    """The experts that it chooses, layer by layer."""
    made = [[] for _ in range(layers)]
    ends = batch["cu_seqlens"].tolist()
    for begin, end in zip(ends, ends[1:]):
        if begin == end:
            continue
        with torch.no_grad(), Routing([], experts_of(model)) as routing:
            model(input_ids=batch["input_ids"][begin:end].view(1, -1).cuda())
        for layer, chosen in enumerate(routing.made):
            made[layer].append(chosen)
    return [torch.cat(layer) for layer in made]


def equal_choices(a, b):
    return sum(len(set(x) & set(y)) for x, y in zip(a.tolist(), b.tolist()))


def in_transformers(model, batch, routing):
    """Logits and gradients; the sequences one by one, as the golden file has them."""
    model.zero_grad()
    ends = batch["cu_seqlens"].tolist()
    labels = batch["labels"].cuda()
    counted = (labels != -100).sum()
    logits = []
    for begin, end in zip(ends, ends[1:]):
        if begin == end:
            continue
        ids = batch["input_ids"][begin:end].view(1, -1).cuda()
        choices = [r[begin:end].long() for r in routing]
        with Routing(choices, experts_of(model) if choices else -1):
            out = model(input_ids=ids).logits[0]
        if end - begin > 1:
            (torch.nn.functional.cross_entropy(out[:-1].float(), labels[begin + 1:end],
                                               ignore_index=-100, reduction="sum") / counted).backward()
        logits.append(out.detach().float().cpu())
    result = {"logits": torch.cat(logits)}
    for name, p in model.named_parameters():
        if p.grad is not None:
            result["grad." + name] = p.grad.float().cpu()
    return result


def evaluate(program, directory, batch, out, *flags):
    """What EVALUATE writes into `out`; it runs at once, the answer is a future."""
    command = [program, "--model", directory, "--batch", batch, "--device", "cuda", "--out", out]

    def run():
        subprocess.run(command + list(flags), check=True, capture_output=True)
        return load_file(out)
    return evaluate.pool.submit(run)


evaluate.pool = concurrent.futures.ThreadPoolExecutor(8)


def batches(golden, scratch):
    """Files with the golden batch and with others of its shape."""
    inputs = {k: golden[k] for k in ("input_ids", "labels", "cu_seqlens")}
    for i in range(kBatches):
        if i > 0:
            order = torch.randperm(len(golden["input_ids"]), generator=torch.Generator().manual_seed(i))
            ids = golden["input_ids"][order]
            inputs = dict(inputs, input_ids=ids, labels=torch.where(golden["labels"] == -100, -100, ids))
        path = f"{scratch}/batch{i}.safetensors"
        save_file(inputs, path)
        yield path, inputs


class Errors:
    """Squared norms of differences and of what is right, by tensor."""

    def __init__(self):
        self.wrong, self.right = collections.Counter(), collections.Counter()

    def add(self, x, exact):
        for name in exact:
            if name in x:
                difference = x[name].double().view(-1) - exact[name].double().view(-1)
                self.wrong[name] += difference.square().sum().item()
                self.right[name] += exact[name].double().square().sum().item()

    def __getitem__(self, name):
        return (self.wrong[name] / self.right[name]) ** 0.5


def check(program, directory, scratch):
    golden = load_file(directory + "/golden.safetensors")
    compared = [k for k in golden if k == "logits" or k.startswith("grad.")]
    grads = ["--grads"] if len(compared) > 1 else []
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.bfloat16).cuda()
    files = list(batches(golden, scratch))
    exact = [evaluate(program, directory, path, path + ".f32", *grads) for path, _ in files]
    ours, theirs, pending = Errors(), Errors(), []
    same = their_same = choices = 0
    for (path, inputs), run in zip(files, exact):
        f32 = run.result()
        layers = sum(k.startswith("routing.") for k in f32)
        replay = ["--routing", path + ".f32"] if layers else []
        free = evaluate(program, directory, path, path + ".free", "--dtype", "bfloat16") if layers else None
        bf16 = evaluate(program, directory, path, path + ".bf16", "--dtype", "bfloat16", *grads, *replay)
        pending.append((inputs, f32, [f32[f"routing.{i}"] for i in range(layers)], free, bf16))
    for inputs, f32, routing, free, bf16 in pending:
        exact = {k: f32[k] for k in compared if k in f32}
        ours.add(bf16.result(), exact)
        theirs.add(in_transformers(model, inputs, routing), exact)
        if not routing:
            continue
        for layer, chosen in enumerate(choices_in_transformers(model, inputs, len(routing))):
            choices += chosen.numel()
            their_same += equal_choices(chosen, routing[layer])
            same += equal_choices(free.result()[f"routing.{layer}"], routing[layer])
    judged = ["logits"] + [k for k in compared if k != "logits" and theirs.right[k] > kZero**2]
    ratios = sorted(((ours[k] / theirs[k], k) for k in judged), reverse=True)
    wrong = [f"{k}: {ours[k]:.2e}, transformers {theirs[k]:.2e}" for r, k in ratios if not r <= kFactor]
    if not ours["logits"] <= kLogits:
        wrong.append(f"logits: {ours['logits']:.2e}, at most {kLogits}")
    if same < kEqualChoices * choices:
        wrong.append(f"choices of experts: {same} of {choices} equal, transformers {their_same}")
    note = (f"logits {ours['logits']:.2e}, transformers {theirs['logits']:.2e}; "
            f"{len(judged) - 1} gradients, median ratio "
            f"{ratios[len(ratios) // 2][0]:.2f}, worst {ratios[0][0]:.2f} ({ratios[0][1]})")
    if choices:
        note += (f"; choices {100 * same / choices:.1f} %, "
                 f"transformers {100 * their_same / choices:.1f} %")
    return wrong, note


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, goldens, chosen = sys.argv[1], sys.argv[2] + "/goldens", sys.argv[3:]
    passed = failed = 0
    for size in sorted(os.listdir(goldens)):
        for model in chosen or sorted(os.listdir(os.path.join(goldens, size))):
            directory = os.path.join(goldens, size, model)
            if not os.path.exists(directory + "/golden.safetensors"):
                continue
            with tempfile.TemporaryDirectory() as scratch:
                wrong, note = check(program, directory, scratch)
            print(f"{'FAILED' if wrong else 'ok'}: {size}/{model}: {note}")
            for line in wrong:
                print("  ", line)
            failed += bool(wrong)
            passed += not wrong
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
