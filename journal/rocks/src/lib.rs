//! The journal in RocksDB: the only crate that knows RocksDB.
//!
//! [`RocksJournal`] is the journal of a server: one owner, one synced batch for each group, and a witness
//! (`tail.ring`) of the newest groups outside of RocksDB, which notices what RocksDB loses and mends it.
//! [`ReadOnly`] looks at a journal beside its server or without one, [`Upkeep`] trims and copies one that is open, and
//! [`fork()`] begins another from its records. [`Rescue`] brings a damaged one back that an opening cannot mend.
//! [`DirSnapshots`] keeps snapshots.
//!
//! It never reads the wall clock, decides nothing about records, and never retries a failed sync.

mod durable;
mod flusher;
mod fork;
mod journal;
mod mirror;
mod open;
mod options;
mod owner;
mod places;
mod read_only;
mod reader;
mod report;
mod rescue;
mod ring;
mod snapshots;
mod stopwatch;
mod store;
mod upkeep;
mod verdict;
mod wal;
mod witness;

pub use durable::FileError;
pub use fork::{Fork, ForkError, fork};
pub use journal::RocksJournal;
pub use options::{OPEN_TIMEOUT, OnSync, Options, SyncTimes, WITNESS_BYTES};
pub use read_only::{ReadOnly, Stats, VerifyError, WitnessStats};
pub use report::{OpenError, OpenReport, Recovery};
pub use rescue::{Bad, Origin, Rescue, RescueError, RescueReport, SkipOrder, Survey, Taken};
pub use snapshots::DirSnapshots;
pub use upkeep::{Sizes, Upkeep};
