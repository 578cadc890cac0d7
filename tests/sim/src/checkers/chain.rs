//! The log has no hole, and each record links to the one before.

use std::ops::ControlFlow;

use journal_log::{JournalReader as _, Seq, scrub};

use crate::{Violation, disk::Disk};

/// After a group: the head is the group's last record.
pub(super) fn at_head(disk: &Disk, last: Seq) -> Result<(), Violation> {
    let head = disk.store.head();
    if head == last {
        return Ok(());
    }
    Err(Violation::new("chain", format!("the head is {head} after a group that ends at {last}")))
}

/// At rest: every record, from the first.
pub(super) fn whole(disk: &Disk) -> Result<(), Violation> {
    let checked = scrub(&disk.store, |_| ControlFlow::Continue(()));
    checked.map(|_| ()).map_err(|error| Violation::new("chain", error.to_string()))
}
