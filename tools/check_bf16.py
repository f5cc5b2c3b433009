#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Compares bf16 on a GPU with transformers in bf16 on the same GPU, both against f32.

usage: check_bf16.py EVALUATE DIRECTORY [MODEL...]

EVALUATE is the program tools/evaluate, DIRECTORY has goldens/{full,mini}/MODEL (config.json,
model.safetensors, golden.safetensors with logits and gradients in f32). The error of a tensor is
||x - f32|| / ||f32||. It passes when, tensor by tensor, hone's is at most 1.25 times that of transformers
(gradients below kNoise of the largest are noise in both and not judged), and the logits' at most 3e-2.
Models with experts take f32's choice of experts in both; without it at least 97 % of the choices must be
f32's. The last line is "N passed, M failed".
"""
import collections
import os
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

kFactor, kLogits, kEqualChoices = 1.25, 3e-2, 0.97
kNoise = 1e-3  # of the largest gradient's norm


class ReplayedRouting:
    """While it is entered, routers choose the given experts: torch.topk over `experts` values takes them
    in the order of the layers."""

    def __init__(self, choices, experts):
        self.waiting, self.experts, self.topk = collections.deque(choices), experts, torch.topk

    def __enter__(self):
        def topk(x, k, *arguments, **named):
            if x.shape[-1] != self.experts:
                return self.topk(x, k, *arguments, **named)
            ids = self.waiting.popleft().to(x.device).view(*x.shape[:-1], k)
            return torch.return_types.topk((x.gather(-1, ids), ids))
        torch.topk = topk

    def __exit__(self, *_):
        torch.topk = self.topk


def in_transformers(directory, golden, routing):
    """Logits and gradients in bf16; the sequences one by one, as the golden file has them."""
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.bfloat16).cuda()
    ends = golden["cu_seqlens"].tolist()
    labels = golden["labels"].cuda()
    counted = (labels != -100).sum()
    logits = []
    for begin, end in zip(ends, ends[1:]):
        if begin == end:
            continue
        ids = golden["input_ids"][begin:end].view(1, -1).cuda()
        experts = getattr(model.config.get_text_config(), "num_experts", None) or getattr(
            model.config, "num_local_experts", None)
        choices = [r[begin:end].long() for r in routing]
        with ReplayedRouting(choices, experts if choices else -1):
            out = model(input_ids=ids).logits[0]
        loss = torch.nn.functional.cross_entropy(
            out[:-1].float(), labels[begin + 1:end], ignore_index=-100, reduction="sum") / counted
        if loss.requires_grad and end - begin > 1:
            loss.backward()
        logits.append(out.detach().float().cpu())
    result = {"logits": torch.cat(logits)}
    for name, p in model.named_parameters():
        if p.grad is not None:
            result["grad." + name] = p.grad.float().cpu()
    return result


def evaluate(program, directory, out, *flags):
    subprocess.run([program, "--model", directory, "--batch", directory + "/golden.safetensors",
                    "--device", "cuda", "--out", out, *flags], check=True)
    return load_file(out)


def error(x, exact):
    return ((x.double().view(-1) - exact.double().view(-1)).norm() / exact.double().norm()).item()


def check(program, directory, scratch):
    golden = load_file(directory + "/golden.safetensors")
    f32 = evaluate(program, directory, scratch + "/f32.safetensors")
    routing = [f32[k] for k in sorted((k for k in f32 if k.startswith("routing.")),
                                      key=lambda k: int(k.split(".")[1]))]
    replay = ["--routing", scratch + "/f32.safetensors"] if routing else []
    ours = evaluate(program, directory, scratch + "/bf16.safetensors", "--dtype", "bfloat16",
                    "--grads", *replay)
    theirs = in_transformers(directory, golden, routing)
    gradients = [k for k in golden if k.startswith("grad.") and k in theirs and k in ours]
    largest = max((golden[k].norm().item() for k in gradients), default=0)
    wrong, worst = [], (0, "")
    for name in ["logits"] + gradients:
        if name != "logits" and golden[name].norm() < kNoise * largest:
            continue
        mine, peer = error(ours[name], golden[name]), error(theirs[name], golden[name])
        worst = max(worst, (mine / peer, name))
        if not mine <= kFactor * peer:
            wrong.append(f"{name}: {mine:.2e}, transformers {peer:.2e}")
    logits = error(ours["logits"], golden["logits"])
    if not logits <= kLogits:
        wrong.append(f"logits: {logits:.2e}, at most {kLogits}")
    note = f"logits {logits:.2e} (transformers {error(theirs['logits'], golden['logits']):.2e}), " \
           f"{len(gradients)} gradients, worst ratio {worst[0]:.2f} ({worst[1]})"
    if routing:
        free = evaluate(program, directory, scratch + "/free.safetensors", "--dtype", "bfloat16")
        same = total = 0
        for layer, chosen in enumerate(routing):
            for a, b in zip(chosen.tolist(), free[f"routing.{layer}"].tolist()):
                same += len(set(a) & set(b))
                total += len(a)
        note += f", {100 * same / total:.1f} % of the choices"
        if same < kEqualChoices * total:
            wrong.append(f"choices of experts: {same} of {total} equal")
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
