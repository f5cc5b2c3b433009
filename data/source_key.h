// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The name under which a source's tokens are kept.
#pragma once

#include "data/load_dataset.h"

namespace hone {

// A checksum of everything that decides what tokens the rows become: the files' bytes and their
// order, the part of them that is used, fields, template, mask, lengths and tokenizer. Not of the
// files' names. Errors: kDataset, kDisk.
ContentHash source_key(const RowSource& source, const LoadSettings& settings);

}  // namespace hone
