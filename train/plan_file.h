// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// plan.json: what a run is going to do, for programs.
//
// One object (train/README.md has an example):
//   "version"    1
//   "model"      name, architecture, layers, linear_attention_layers, experts, experts_per_token
//                (0: dense), parameters, dtype, quantised ("nf4", "fp4" or null)
//   "trainable"  parameters, tensors, modules: list of {name, count, parameters}
//   "data"       files: list of {path, format, learned_roles, rows, kept, conversations, too_long,
//                unlabelled, longest, ...},
//                examples, tokens, labels, rows_per_epoch, packing, efficiency (0 to 1)
//   "steps"      total, per_epoch, epochs, warmup, micro_batch_size, gradient_accumulation_steps,
//                learning_rate
//   "memory"     peak_bytes, resident_bytes, arena_bytes, at_peak: {label: bytes}, limit_bytes
//                (null: unknown), limit ("memory_limit" or "machine"), fits
//   "output_dir", "seed", "notes": list of strings
#pragma once

#include <string>

#include "train/run_report.h"

namespace hone {

std::string plan_json(const RunPlan& plan);

}  // namespace hone
