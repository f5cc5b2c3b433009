// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The compressed kinds of ByteSource.
#pragma once

#include <memory>

#include "data/byte_source.h"

namespace hone {

// One gzip member after another; zero bytes may follow the last. Every member's checksum and length
// are verified.
std::unique_ptr<ByteSource> decompress_gzip(InputFile file);

// One zstd frame after another. Checksums are verified where frames have them.
std::unique_ptr<ByteSource> decompress_zstd(InputFile file);

}  // namespace hone
