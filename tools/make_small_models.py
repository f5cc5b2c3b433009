#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes the tiny random models of the text families in tests/goldens/models.

    python3 tools/make_small_models.py tests/goldens/models [MODEL...]

Each gets config.json, model.safetensors, a PEFT adapter of rank 2 on every matrix, and
golden.safetensors with a batch of four sequences and no results: tools/make_golden.py adds those in
float64. Every weight is random, norms and biases too, so that none hides behind a zero or a one.
Needs torch, transformers and peft.
"""
import os
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, CONFIG_MAPPING

COMMON = dict(vocab_size=48, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
              num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024,
              bos_token_id=1, eos_token_id=2, pad_token_id=0)
ROPE = {"rope_type": "default", "rope_theta": 10000.0}
MODELS = {
    "llama": ("llama", dict(
        head_dim=8, mlp_bias=True, attention_bias=True, tie_word_embeddings=True,
        rope_parameters={"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0,
                         "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                         "original_max_position_embeddings": 32})),
    "qwen3": ("qwen3", dict(
        head_dim=8, rope_parameters=ROPE, use_sliding_window=True, sliding_window=7,
        max_window_layers=1)),
    "qwen3_moe": ("qwen3_moe", dict(
        head_dim=8, moe_intermediate_size=12, num_experts=4, num_experts_per_tok=2,
        norm_topk_prob=True, rope_parameters=ROPE)),
    "mixtral": ("mixtral", dict(
        intermediate_size=12, num_local_experts=4, num_experts_per_tok=2, sliding_window=9,
        rope_parameters=ROPE)),
    "olmoe": ("olmoe", dict(
        intermediate_size=12, num_experts=4, num_experts_per_tok=2, norm_topk_prob=False,
        rope_parameters=ROPE)),
    "nemotron": ("nemotron", dict(
        head_dim=8, rope_parameters=dict(ROPE, partial_rotary_factor=0.5))),
    "gemma3_text": ("gemma3_text", dict(
        hidden_size=20, num_hidden_layers=3, head_dim=8, query_pre_attn_scalar=24, sliding_window=7,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
            "sliding_attention": ROPE})),
}
EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj", "mlp.gate.weight"]
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
LENGTHS = [23, 1, 9, 14]


def randomise(model):
    for name, p in model.named_parameters():
        norm = "norm" in name and name.endswith("weight")
        offset = 1.0 if norm and p.mean() > 0.5 else 0.0
        spread = 0.15 if p.dim() == 1 else 1 / p.shape[-1] ** 0.5
        p.data = offset + spread * torch.randn(p.shape)


def batch(vocabulary):
    total, ends = sum(LENGTHS), [0]
    for n in LENGTHS:
        ends.append(ends[-1] + n)
    ids = torch.randint(3, vocabulary, (total,))  # row 0 pads: transformers does not train it
    labels = ids.clone()
    labels[:6] = -100
    labels[ends[:-1]] = -100
    return {"input_ids": ids, "labels": labels,
            "cu_seqlens": torch.tensor(ends, dtype=torch.int32)}


def make(directory, name):
    model_type, changes = MODELS[name]
    torch.manual_seed(sorted(MODELS).index(name))
    config = CONFIG_MAPPING[model_type](**{**COMMON, **changes})
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    randomise(model)
    model.save_pretrained(directory)
    os.remove(os.path.join(directory, "generation_config.json"))
    save_file(batch(config.vocab_size), os.path.join(directory, "golden.safetensors"))

    experts = any(n.endswith("gate_up_proj") for n, _ in model.named_parameters())
    mlp = ["up_proj", "down_proj"] + ["gate_proj"] * (model_type != "nemotron")
    model = get_peft_model(model, LoraConfig(
        r=2, lora_alpha=4, task_type="CAUSAL_LM",
        target_modules=ATTENTION + ([] if experts else mlp),
        target_parameters=EXPERTS if experts else None))
    for parameter_name, p in model.named_parameters():
        if "lora_" in parameter_name:
            p.data = 0.2 * torch.randn(p.shape)
    model.save_pretrained(os.path.join(directory, "adapter"))
    os.remove(os.path.join(directory, "adapter", "README.md"))


def main():
    for name in sys.argv[2:] or MODELS:
        make(os.path.join(sys.argv[1], name), name)
        print(name)


if __name__ == "__main__":
    main()
