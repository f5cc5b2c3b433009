#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks our files against the real transformers and PEFT.

    python3 tools/check_peft.py

Run from the workspace root, with finetune, evaluate and merge built. Finetunes the built-in preset in
full for a few steps and loads the written model with transformers; trains an adapter (all linears,
experts, router; the tied embedding as a whole; a norm and a projection unfrozen) on it for 20 steps
and loads that with PEFT; merges it and loads that with transformers. All must give the logits that our
evaluate gives, in fp32. Needs torch, transformers and peft.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

TOLERANCE = 1e-4
FINETUNE, EVALUATE, MERGE = ("bazel-bin/" + program for program in (
    "train/finetune", "tools/evaluate", "tools/merge"))


def run(*command):
    print("$", " ".join(command), flush=True)
    subprocess.run(command, check=True)


def relative_error(ours, theirs):
    return ((ours - theirs).norm() / theirs.norm()).item()


def largest_b(adapter_dir):
    tensors = load_file(os.path.join(adapter_dir, "adapter_model.safetensors"))
    return min(t.abs().max().item() for name, t in tensors.items() if ".lora_B." in name)


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    torch.manual_seed(0)

    with tempfile.TemporaryDirectory() as work:
        base, tuned = os.path.join(work, "full"), os.path.join(work, "lora")
        common = ["bf16=false", "logging_steps=10", "tokenizer_config=data/quickstart",
                  "test_datasets=", "evals_per_epoch=", "do_causal_lm_eval=false",
                  "eval_on_start=false"]
        recipe = "train/examples/quickstart.yaml"
        run(FINETUNE, recipe, "base_model=random:quickstart", "adapter=", "load_in_4bit=false", "lora_target_linear=false",
            "lora_target_parameters=[]", "max_steps=5", "output_dir=" + base, *common)
        base_model = os.path.join(base, "model")
        run(FINETUNE, recipe, "base_model=" + base_model, "adapter=lora",
            "load_in_4bit=false",
            "lora_r=4", "lora_target_linear=true",
            "lora_target_parameters=[mlp.experts.gate_up_proj, mlp.experts.down_proj, "
            "mlp.gate.weight]", "lora_modules_to_save=[embed_tokens]",
            "unfrozen_parameters=[model.norm, model.layers.3.self_attn.k_proj]", "max_steps=20", "output_dir=" + tuned, *common)
        adapter = os.path.join(tuned, "adapter")
        print("smallest max |B| of any module after 20 steps: %.3g" % largest_b(adapter))

        model = AutoModelForCausalLM.from_pretrained(base_model, dtype=torch.float32)
        ids = torch.randint(0, model.config.vocab_size, (1, 96))
        batch, out = os.path.join(work, "batch.safetensors"), os.path.join(work, "out.safetensors")
        save_file({"input_ids": ids[0].contiguous()}, batch)

        failed = False
        merged = os.path.join(work, "merged")
        run(MERGE, "--model", base_model, "--adapter", adapter, "--out", merged)
        for what, extra in [("full finetune in transformers", []),
                            ("adapter in PEFT", ["--adapter", adapter]),
                            ("merged in transformers", ["--adapter", adapter])]:
            if what == "adapter in PEFT":
                model = PeftModel.from_pretrained(model, adapter)
            elif extra:
                model = AutoModelForCausalLM.from_pretrained(merged, dtype=torch.float32)
            run(EVALUATE, "--model", base_model, "--batch", batch, "--out", out, *extra)
            with torch.no_grad():
                theirs = model(input_ids=ids).logits[0]
            error = relative_error(load_file(out)["logits"], theirs)
            failed |= not error <= TOLERANCE
            print("%-32s relative error of the logits %.2e" % (what, error))
        sys.exit(failed)


if __name__ == "__main__":
    main()
