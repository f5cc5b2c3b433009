#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Compares training steps with PyTorch's on the CPU: speed and peak memory of the process.

    tools/bazel build //tools:bench_train
    python3 tools/bench_train_torch.py [--model quickstart] [--mode lora] [--rounds 5] [--threads 2]

Run from the workspace root. bench_train writes each model and its batch; transformers loads the same
files (eager mode, f32), PEFT puts adapters on the same linears and expert parameters, torch.optim.AdamW
steps. The two programs run in turns, each a new process; printed are the medians of the times per
step, the median of the ratios of neighbouring runs, and the ratio of the peaks of resident memory.

The first losses must agree, and so must the number of trained parameters. QLoRA is compared with
PEFT over bitsandbytes' NF4 linears where that package is installed (it leaves the experts in f32),
else with torch's LoRA. Needs torch, transformers and peft.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

LEARNING_RATE, WEIGHT_DECAY, MAX_NORM = 1e-4, 0.01, 1.0
WARM_UP = 3
LOSS_TOLERANCE = 2e-3  # of the first step: the initial weights are the same
NF4_LOSS_TOLERANCE = 5e-2  # against f32 weights


def has_bitsandbytes():
    try:
        import bitsandbytes  # noqa: F401
    except ImportError:
        return False
    return True


def load(folder, mode, experts):
    """The model with what trains, as train mode leaves it."""
    import torch
    import transformers
    from peft import LoraConfig, get_peft_model

    options = {"dtype": torch.float32, "experts_implementation": experts}
    if mode == "qlora" and has_bitsandbytes():
        options["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.float32)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, **options)
    model.train()
    if mode == "full":
        return model
    return get_peft_model(model, LoraConfig(
        r=16, lora_alpha=32, target_modules="all-linear",
        target_parameters=["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]))


def worker(args):
    """Steps of torch in this process; prints one line of JSON like bench_train --json."""
    import torch
    from safetensors.torch import load_file

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    ids = load_file(os.path.join(args.worker, "batch.safetensors"))["input_ids"]
    model = load(args.worker, args.mode, args.experts)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    times, losses = [], []
    for _ in range(WARM_UP + args.steps):
        start = time.perf_counter()
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, MAX_NORM)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        times.append(time.perf_counter() - start)
    print(json.dumps({
        "ms_per_step": statistics.median(times[WARM_UP:]) * 1e3,
        "tokens": ids.numel(),
        "trained": sum(p.numel() for p in trained),
        "loss_first": losses[0],
        "loss_last": losses[-1],
    }))


def timed(command):
    """What the last line of a program says, with the peak of its resident memory."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process.stdout, process.stderr:
        out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit("%s failed:\n%s%s" % (" ".join(command), out, err))
    result = json.loads(out.strip().splitlines()[-1])
    result["peak_bytes"] = usage.ru_maxrss * 1024
    return result


def check_same(mode, ours, theirs):
    tolerance = NF4_LOSS_TOLERANCE if mode == "qlora" else LOSS_TOLERANCE
    if abs(ours["loss_first"] - theirs["loss_first"]) > tolerance:
        sys.exit("first losses differ: %r, torch %r" % (ours, theirs))
    if ours["trained"] != theirs["trained"] or ours["tokens"] != theirs["tokens"]:
        sys.exit("trained parameters or tokens differ: %r, torch %r" % (ours, theirs))


def compare(args, model, mode, folder):
    common = ["--mode", mode, "--steps", str(args.steps), "--threads", str(args.threads)]
    ours_command = [args.bench_train, "--model", model, "--json"] + common
    theirs_command = [sys.executable, __file__, "--worker", folder, "--experts", args.experts] + common
    pairs = []
    for _ in range(args.rounds):
        ours, theirs = timed(ours_command), timed(theirs_command)
        check_same(mode, ours, theirs)
        pairs.append((ours, theirs))

    def median(key, side):
        return statistics.median(pair[side][key] for pair in pairs)

    speed = statistics.median(t["ms_per_step"] / o["ms_per_step"] for o, t in pairs)
    memory = statistics.median(o["peak_bytes"] / t["peak_bytes"] for o, t in pairs)
    print("%-12s %-6s %10.1f %10.1f %8.2f %10.0f %10.0f %8.2f" % (
        model, mode, median("ms_per_step", 0), median("ms_per_step", 1), speed,
        median("peak_bytes", 0) / 1e6, median("peak_bytes", 1) / 1e6, memory), flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench_train", default="bazel-bin/tools/bench_train")
    parser.add_argument("--model", choices=["quickstart", "wide"], help="only this one")
    parser.add_argument("--mode", choices=["full", "lora", "qlora"], help="only this one")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs")
    parser.add_argument("--steps", type=int, default=5, help="timed steps of a run")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--experts", default="grouped_mm",
                        help="experts_implementation of transformers: grouped_mm is its default, "
                        "eager and batched_mm are others")
    parser.add_argument("--worker", metavar="DIR", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker(args)
    print("%-12s %-6s %10s %10s %8s %10s %10s %8s" % (
        "model", "mode", "ms/step", "torch", "speed", "MB", "torch", "memory"))
    for model in [args.model] if args.model else ["quickstart", "wide"]:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([args.bench_train, "--model", model, "--save", folder], check=True)
            for mode in [args.mode] if args.mode else ["full", "lora", "qlora"]:
                compare(args, model, mode, folder)


if __name__ == "__main__":
    main()
