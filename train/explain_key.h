// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// finetune explain [KEY]: what the tables know about a key.
#pragma once

#include <string>

namespace hone {

// Meaning, type, default, example, kind, other names, and the rules that speak of the key. `name`
// may be dotted: datasets.type and datasets.0.type are keys of an item of datasets. Names of other
// programs are explained as the key that they stand for.
// Errors: kUsage for an unknown key, naming the nearest.
std::string explain_key(const std::string& name);

// All keys by group and kind.
std::string explain_groups();

}  // namespace hone
