// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The rows and how they are read. The keys of one item of datasets are in dataset_item.cc.
#include "train/config_keys/lines.h"

namespace hone::config_keys {
namespace {

constexpr Choice kExcess[] = {word("drop", ExcessLength::kDrop),
                              word("truncate", ExcessLength::kTruncate),
                              word("raise", ExcessLength::kRaise)};

}  // namespace

TrainKeys data_keys() {
  using C = TrainConfig;
  return {
      with_example(
          required(honoured("datasets", &C::datasets,
                            "list of files of rows, each {path: ..., and what its rows are}")),
          "[{path: rows.jsonl}]"),
      honoured("sequence_len", &C::sequence_len, "longest row in tokens", at_least(2)),
      honoured("sample_packing", &C::sample_packing, "several documents in a row, kept apart"),
      honoured("train_on_inputs", &C::train_on_inputs, "train on the prompts too"),
      honoured("val_set_size", &C::val_set_size,
               "rows held out for evaluation: a part below 1, or their number", kNotNegative),
      with_example(
          honoured("test_datasets", &C::test_datasets, "datasets to evaluate on, as datasets"),
          "[{path: test.jsonl}]"),
      choice<&C::excess_length_strategy>("excess_length_strategy", kExcess,
                                         "what happens to rows longer than sequence_len"),
      honoured("min_sample_len", &C::min_sample_len, "shorter rows are dropped (tokens)",
               at_least(2)),
      with_example(honoured("dataset_prepared_path", &C::dataset_prepared_path,
                            "folder that keeps tokens for the next run"),
                   "last_run_prepared"),
      honoured("shuffle_merged_datasets", &C::shuffle_merged_datasets,
               "an order of its own for every epoch; false: as the files have them"),
      honoured("curriculum_sampling", &C::curriculum_sampling, "the rows as the files have them"),
      honoured("sample_packing_sequentially", &C::sample_packing_sequentially,
               "pack neighbouring rows instead of those that fit best"),
      honoured("dataset_exact_deduplication", &C::dataset_exact_deduplication,
               "use equal rows once"),
      honoured("dataset_max_row_bytes", &C::dataset_max_row_bytes, "longest row of a file in bytes",
               at_least(1024)),
      no_op("pad_to_sequence_len",
            "packed rows have that length anyway; others follow each other without padding, which "
            "would only take time"),
      no_op("group_by_length",
            "rows of any lengths follow each other without padding, so nothing is saved"),
      no_op("shuffle_before_merging_datasets", "every epoch has an order of its own"),
      no_op("dataset_processes", "how rows are loaded needs no settings"),
      no_op("dataset_num_proc", "how rows are loaded needs no settings"),
      no_op("dataset_keep_in_memory", "how rows are loaded needs no settings"),
      no_op("skip_prepare_dataset", "dataset_prepared_path says whether tokens are kept"),
      no_op("remove_unused_columns", "only the named fields of a row are read"),
      no_op("dataloader_*", "how rows are loaded needs no settings"),
      no_op("sample_packing_*", "packing has one method"),
      no_op("total_num_tokens", "tokens are counted while the rows are read"),
      no_op("push_dataset_to_hub", "hone opens no connection"),
      no_op("batch_flattening", "the rows of a batch always follow each other without padding"),
      no_op("streaming", "rows are tokenised before the first step"),
      no_op("streaming_multipack_buffer_size", "packing has one method"),
      no_op("pretrain_multipack_*", "packing has one method"),
      no_op("multipack_real_batches", "packing has one method"),
      refused("pretraining_sample_concatenation", "set sample_packing"),
      refused("dataset_shard_num", "give each of datasets its shards and shards_idx"),
      refused("dataset_shard_idx", "give each of datasets its shards and shards_idx"),
      refused("pretraining_dataset", "give the rows as datasets"),
  };
}

}  // namespace hone::config_keys
