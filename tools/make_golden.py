#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Adds double-precision results to the golden files of tests/goldens/models.

    python3 tools/make_golden.py tests/goldens/models [MODEL...]

The float32 golden files carry the rounding of the machine that made them, which these random models
amplify to 1e-4 in the gradients. Here transformers and PEFT run the same models in float64, so that
an implementation can be compared with the exact result. Writes golden_f64.safetensors (logits, loss,
gradients) and, where there is an adapter, golden_lora_f64.safetensors and
golden_lora_adamw_f64.safetensors (losses of four full-batch AdamW steps, each before its step). Needs
torch, transformers and peft.
"""
import os
import sys

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM


def compute_in_double():
    """Turns the casts to float32 inside the model code into casts to float64."""
    to, softmax = torch.Tensor.to, torch.nn.functional.softmax

    def widened(value):
        return torch.float64 if value is torch.float32 else value

    torch.Tensor.float = lambda self: self.double()
    torch.Tensor.to = lambda self, *args, **kwargs: to(
        self, *map(widened, args), **{k: widened(v) for k, v in kwargs.items()})
    torch.nn.functional.softmax = lambda x, *args, **kwargs: softmax(
        x, *args, **{k: widened(v) for k, v in kwargs.items()})


def loss_of(model, golden):
    """Sum of cross entropies / labels that count, each sequence alone; and the logits."""
    ids, labels = golden["input_ids"], golden["labels"]
    ends = golden["cu_seqlens"].tolist()
    logits, total, count = [], 0, 0
    for begin, end in zip(ends, ends[1:]):
        out = model(input_ids=ids[None, begin:end]).logits[0]
        targets = labels[begin + 1:end]
        logits.append(out)
        total = total + torch.nn.functional.cross_entropy(
            out[:-1], targets, ignore_index=-100, reduction="sum")
        count += int((targets != -100).sum())
    return total / count, torch.cat(logits).detach()


def results(model, golden):
    loss, logits = loss_of(model, golden)
    loss.backward()
    tensors = {"logits": logits, "loss": loss.detach().reshape(1)}
    for name, p in model.named_parameters():
        if p.requires_grad:
            tensors["grad." + name.replace(".default.", ".")] = p.grad.contiguous()
    return tensors


def adamw_losses(model, golden):
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2,
                                  weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss, _ = loss_of(model, golden)
        loss.backward()
        losses.append(loss.detach())
        optimizer.step()
    return {"losses": torch.stack(losses)}


def single_precision_buffers(directory):
    """Rotary frequencies and embedding scales: constants in float32, whatever the model's dtype."""
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    return {name: buffer.clone() for name, buffer in model.named_buffers()}


def load(directory, buffers):
    model = AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float64, attn_implementation="eager", experts_implementation="eager")
    model = model.to(torch.float64)
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])
    return model


def main():
    names = [name for name in sys.argv[2:] or sorted(os.listdir(sys.argv[1]))
             if os.path.exists(os.path.join(sys.argv[1], name, "model.safetensors"))]
    buffers = {name: single_precision_buffers(os.path.join(sys.argv[1], name)) for name in names}
    compute_in_double()
    for name in names:
        directory = os.path.join(sys.argv[1], name)
        golden = load_file(os.path.join(directory, "golden.safetensors"))
        save_file(results(load(directory, buffers[name]), golden),
                  os.path.join(directory, "golden_f64.safetensors"))
        adapter = os.path.join(directory, "adapter")
        if os.path.isdir(adapter):
            model = PeftModel.from_pretrained(load(directory, buffers[name]), adapter,
                                              is_trainable=True, autocast_adapter_dtype=False)
            model.to(torch.float64)
            save_file(results(model, golden),
                      os.path.join(directory, "golden_lora_f64.safetensors"))
            save_file(adamw_losses(model, golden),
                      os.path.join(directory, "golden_lora_adamw_f64.safetensors"))
        print(name)


if __name__ == "__main__":
    main()
