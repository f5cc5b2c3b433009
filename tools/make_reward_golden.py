#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/goldens/rewards: tiny reward models, and what transformers computes with them.

    python3 tools/make_reward_golden.py tests/goldens [CASE...]

Each case is a model of tests/goldens/models with a head of labels, as transformers saves it, and
golden.safetensors: a batch, and in float64 (stored in float32) logits, loss and every gradient. Reward
models have pairs of sequences, the first of which was preferred, with margins; the loss is that of
TRL's RewardTrainer with a centre coefficient of 0.01. Process reward models have a label, 0 or 1, at
the last token of each step. Needs torch and transformers.
"""
import os
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file

import make_golden

# case: (model, class, labels)
CASES = {
    "reward_qwen3": ("qwen3", "Qwen3ForSequenceClassification", 1),
    "reward_gemma3_text": ("gemma3_text", "Gemma3TextForSequenceClassification", 1),
    "reward_qwen3_5": ("qwen3_5_dense", "Qwen3_5TextForSequenceClassification", 1),
    "process_llama": ("llama", "LlamaForTokenClassification", 2),
    "process_nemotron": ("nemotron", "NemotronForTokenClassification", 2),
}
CENTRE = 0.01
PAD = 0
LENGTHS = [9, 14, 23, 5, 1, 8]


def single(tensor):
    return tensor.type(torch.float32)  # Tensor.to is make_golden's


def make_model(name, models):
    base, class_name, labels = CASES[name]
    model_class = getattr(transformers, class_name)
    config = transformers.AutoConfig.from_pretrained(os.path.join(models, base))
    config.num_labels = labels
    config.pad_token_id = PAD
    model = model_class.from_pretrained(os.path.join(models, base), config=config,
                                        dtype=torch.float32, attn_implementation="eager")
    torch.manual_seed(11)
    for p in model.score.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return model.eval()


def batch_of(vocabulary, process):
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(1, vocabulary, (sum(LENGTHS),), generator=generator)
    ends = torch.tensor([0] + LENGTHS).cumsum(0)
    if not process:
        ids[ends[1] - 1] = PAD  # the score is then that of the token before
        margins = torch.rand(len(LENGTHS) // 2, generator=generator)
        return {"input_ids": ids, "cu_seqlens": ends.to(torch.int32), "margins": margins}
    labels = torch.full_like(ids, -100)
    steps = torch.rand(ids.shape, generator=generator) < 0.3
    labels[steps] = torch.randint(0, 2, (int(steps.sum()),), generator=generator)
    return {"input_ids": ids, "cu_seqlens": ends.to(torch.int32), "labels": labels}


def results(model, batch):
    ends = batch["cu_seqlens"].tolist()
    logits = [model(input_ids=batch["input_ids"][None, a:b]).logits[0]
              for a, b in zip(ends, ends[1:])]
    if "labels" in batch:
        logits = torch.cat(logits)
        loss = torch.nn.functional.cross_entropy(logits, batch["labels"], ignore_index=-100)
        hits = logits.argmax(-1) == batch["labels"]
        accuracy = hits.sum() / (batch["labels"] != -100).sum()
    else:
        logits = torch.cat(logits)
        chosen, rejected = logits[0::2], logits[1::2]
        loss = -torch.nn.functional.logsigmoid(
            chosen - rejected - batch["margins"].double()).mean()
        loss = loss + CENTRE * ((chosen + rejected) ** 2).mean()
        accuracy = (chosen > rejected).double().mean()
    loss.backward()
    tensors = {"logits": logits.detach().flatten(), "loss": loss.detach().reshape(1),
               "accuracy": accuracy.reshape(1)}
    for name, p in model.named_parameters():
        tensors["grad." + name] = p.grad.contiguous()
    return {name: single(t) for name, t in tensors.items()}


def main():
    names = sys.argv[2:] or list(CASES)
    models = os.path.join(sys.argv[1], "models")
    made = {}
    for name in names:
        folder = os.path.join(sys.argv[1], "rewards", name)
        model = make_model(name, models)
        model.save_pretrained(folder)
        made[name] = (model, {n: b.clone() for n, b in model.named_buffers()})
    make_golden.compute_in_double()
    for name, (model, buffers) in made.items():
        model.double()
        for n, b in model.named_buffers():
            b.copy_(buffers[n])
        batch = batch_of(model.config.vocab_size, "Token" in CASES[name][1])
        tensors = {**batch, **results(model, batch)}
        save_file(tensors, os.path.join(sys.argv[1], "rewards", name, "golden.safetensors"))
        print("%-20s loss %.4f, accuracy %.2f" % (name, tensors["loss"], tensors["accuracy"]))


if __name__ == "__main__":
    main()
