//! Who has looked at what: the side log of calls that change nothing.
//!
//! It is outside the log and its chain. Entries go to segment files in batches and are not synced one by one: a crash
//! of the host may take the last of them. They never delay an answer: above a rate, or where the disk does not keep
//! up, calls are left out, and an entry tells how many.
//!
//! [`AccessLog`] writes, [`entries`] reads, also beside a running server.

mod entry;
mod log;
mod query;
mod segments;
mod stopwatch;
mod writer;

pub use entry::{Access, Entry, LeftOut};
pub use log::{AccessLog, Numbers, ReadPolicy, ReadsOptions};
pub use query::without_secrets;
pub use segments::{Found, ReadError, entries};
