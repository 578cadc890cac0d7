//! The settings of RocksDB, with their reasons.

use std::path::Path;

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode,
    LogLevel, Options, ReadOptions,
};

use super::{Access, DEFAULT, JOURNAL, META};

/// Bytes in memory before a sorted file is written.
///
/// Two of these are the journal's whole memory beside the cache, and 16 MiB is some twenty thousand records.
const WRITE_BUFFER_BYTES: usize = 16 << 20;

/// Bytes of logs after which everything is flushed, which bounds RocksDB's own replay.
const LOGS_BYTES: u64 = 64 << 20;

/// Bytes of blocks kept in memory. Readers mostly read the newest records, which are in the write buffer.
const CACHE_BYTES: usize = 8 << 20;

/// Bytes read ahead by a bulk reading.
const READ_AHEAD_BYTES: usize = 2 << 20;

/// RocksDB's own text logs: enough to look into an accident, no more.
const TEXT_LOG_BYTES: usize = 1 << 20;
/// Text logs that are kept.
const TEXT_LOGS: usize = 4;

/// Open files of a database that is mended: few, so that files are opened when they are read.
const LENIENT_FILES: i32 = 16;

/// Settings that the binding has no setter for.
///
/// A log that is gone is noticed (the log before says how it ended); blocks and buffers in memory carry
/// checksums; after an error in the background RocksDB does not go on by itself, for this process ends.
const STRICT: &str = "track_and_verify_wals=true;memtable_protection_bytes_per_key=8;\
                      block_protection_bytes_per_key=8;max_bgerror_resume_count=0";
/// The same without what would keep a damaged database shut.
const LENIENT: &str = "track_and_verify_wals=false;max_bgerror_resume_count=0";

/// Opens the database in `folder`.
pub(super) fn open(folder: &Path, access: Access) -> Result<DB, rocksdb::Error> {
    let options = options(access)?;
    let families =
        [DEFAULT, JOURNAL, META].map(|name| ColumnFamilyDescriptor::new(name, options.clone()));
    match access {
        Access::Strict | Access::Lenient => DB::open_cf_descriptors(&options, folder, families),
        Access::ReadOnly => DB::open_cf_descriptors_read_only(&options, folder, families, false),
    }
}

/// Returns how records are read; checksums are always checked.
pub(super) fn reading(bulk: bool) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_verify_checksums(true);
    if bulk {
        options.fill_cache(false);
        options.set_readahead_size(READ_AHEAD_BYTES);
    }
    options
}

/// Returns the settings for one way of opening.
pub(super) fn options(access: Access) -> Result<Options, rocksdb::Error> {
    let is_strict = access == Access::Strict;
    let mut options =
        Options::default().get_options_from_string(if is_strict { STRICT } else { LENIENT })?;
    options.create_if_missing(access != Access::ReadOnly);
    options.create_missing_column_families(access != Access::ReadOnly);
    // The default would silently stop at the first damaged record of the log.
    options.set_wal_recovery_mode(DBRecoveryMode::AbsoluteConsistency);
    options.set_paranoid_checks(is_strict);
    options.set_max_open_files(if access == Access::Lenient { LENIENT_FILES } else { -1 });
    // Recycled and compressed logs have open faults in recovery (facebook/rocksdb issues 15007, 14709).
    options.set_recycle_log_file_num(0);
    options.set_manual_wal_flush(false);
    options.set_enable_pipelined_write(false);
    options.set_unordered_write(false);
    // Not needed while the log is always written.
    options.set_atomic_flush(false);
    options.set_max_total_wal_size(LOGS_BYTES);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_compression_type(DBCompressionType::None);
    options.set_log_level(LogLevel::Warn);
    options.set_max_log_file_size(TEXT_LOG_BYTES);
    options.set_keep_log_file_num(TEXT_LOGS);
    // Statistics would be read from every sorted file at each opening.
    options.set_skip_stats_update_on_db_open(true);
    options.set_stats_dump_period_sec(0);
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&Cache::new_lru_cache(CACHE_BYTES));
    options.set_block_based_table_factory(&table);
    Ok(options)
}
