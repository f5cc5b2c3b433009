// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The rows and how they are read. The keys of one item of datasets are in dataset_item.cc.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

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
      no_op("pad_to_sequence_len", "rows need no padding"),
      no_op("group_by_length", "rows need no padding"),
      no_op("dataset_prepared_path", "rows are tokenised at every start"),
      no_op("dataset_processes", "how rows are loaded needs no settings"),
      no_op("dataset_num_proc", "how rows are loaded needs no settings"),
      no_op("dataset_keep_in_memory", "how rows are loaded needs no settings"),
      no_op("skip_prepare_dataset", "rows are tokenised at every start"),
      no_op("remove_unused_columns", "only the named fields of a row are read"),
      no_op("dataloader_*", "how rows are loaded needs no settings"),
      no_op("sample_packing_*", "packing has one method"),
      no_op("push_dataset_to_hub", "hone opens no connection"),
      no_op("batch_flattening", "rows need no padding"),
      no_op("streaming", "rows are tokenised before the first step"),
      no_op("streaming_multipack_buffer_size", "packing has one method"),
      no_op("pretrain_multipack_*", "packing has one method"),
      no_op("multipack_real_batches", "packing has one method"),
      refused("pretraining_sample_concatenation", "set sample_packing"),
      refused("curriculum_sampling", "rows come in a random order, new in every epoch"),
      refused("min_sample_len", "rows are used as they are"),
      refused("dataset_shard_num", "rows are used as they are: split the file"),
      refused("dataset_shard_idx", "rows are used as they are: split the file"),
      refused("pretraining_dataset", "give the rows as datasets"),
      refused("dataset_exact_deduplication", "rows are used as they are"),
      refused("excess_length_strategy", "what happens to longer rows is fixed; set sequence_len"),
      refused("test_datasets", "there is no evaluation during training"),
      refused("val_set_size", "there is no evaluation during training: set it to 0"),
  };
}

}  // namespace hone::config_keys
