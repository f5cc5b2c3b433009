// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The entry of a fuzzer for chat templates, in libFuzzer's form.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hone {

// Takes `data` for a template, renders a conversation with tools, thoughts and text of many kinds,
// and finds its turns. Errors are what most templates give; anything else that goes wrong is a
// finding. Returns 0.
int fuzz_chat_template(const uint8_t* data, size_t size);

}  // namespace hone
