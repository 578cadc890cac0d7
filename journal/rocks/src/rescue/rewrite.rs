//! The new database of a rescue.

use journal_log::{Flags, Record, Seq, SkipBodyV1, Tail};

use super::{Origin, RescueError, RescueReport, Taken};
use crate::OpenError;
use crate::durable::remove_folder;
use crate::open::{BATCH_BYTES, open_failed, store_failed};
use crate::options::OPEN_TIMEOUT;
use crate::owner::Owner;
use crate::places::Places;
use crate::store::{Access, Store};

/// A database in the making.
pub(super) struct Rewrite {
    store: Store,
    batch: Vec<(Seq, Vec<u8>)>,
    batch_bytes: usize,
    taken: Vec<Taken>,
    skipped: Option<SkipBodyV1>,
    last: Seq,
}

impl Rewrite {
    /// Begins with an empty one, whose records go on after `begin`.
    pub(super) fn begin(
        places: &Places,
        cluster: Option<[u8; 16]>,
        begin: Tail,
    ) -> Result<Self, OpenError> {
        remove_folder(&places.draft())?;
        let store =
            Store::open(&places.draft(), Access::Strict, OPEN_TIMEOUT).map_err(open_failed)?;
        if let Some(cluster) = cluster {
            store.found(cluster).map_err(store_failed)?;
        }
        if begin.seq > Seq::GENESIS {
            store.set_begin(begin).map_err(store_failed)?;
        }
        Ok(Self {
            store,
            batch: Vec::new(),
            batch_bytes: 0,
            taken: Vec::new(),
            skipped: None,
            last: Seq::GENESIS,
        })
    }

    /// Adds the next record.
    pub(super) fn add(&mut self, origin: Origin, record: &Record) -> Result<(), OpenError> {
        let seq = record.header.seq;
        if origin != Origin::Database {
            match self.taken.last_mut() {
                Some(taken) if taken.origin == origin && taken.last.next() == seq => {
                    taken.last = seq;
                }
                Some(_) | None => self.taken.push(Taken { origin, first: seq, last: seq }),
            }
        }
        self.put(record)
    }

    /// Adds what stands in for lost records.
    pub(super) fn stand_in(
        &mut self,
        records: &[Record],
        body: SkipBodyV1,
    ) -> Result<(), OpenError> {
        self.skipped = Some(body);
        records.iter().try_for_each(|record| self.put(record))
    }

    /// Tells whether something was passed over.
    pub(super) const fn has_skipped(&self) -> bool {
        self.skipped.is_some()
    }

    /// Puts the new database in the place of the damaged one. The owner's right ends with it.
    pub(super) fn accept(
        mut self,
        places: &Places,
        owner: Option<Owner>,
    ) -> Result<RescueReport, RescueError> {
        self.write()?;
        self.store.flush().map_err(store_failed)?;
        drop(self.store);
        let quarantine = places.accept_draft()?;
        drop(owner);
        let (taken, skipped, last) = (self.taken, self.skipped, self.last);
        Ok(RescueReport { taken, skipped, last, quarantine })
    }

    fn put(&mut self, record: &Record) -> Result<(), OpenError> {
        self.batch_bytes += record.encoded_bytes();
        self.batch.push((record.header.seq, record.encode()));
        // Groups are kept whole: the last one, where its end was never written, is left out.
        if self.batch_bytes >= BATCH_BYTES && record.header.flags.contains(Flags::GROUP_LAST) {
            self.write()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), OpenError> {
        let is_end = |(_, record): &(Seq, Vec<u8>)| {
            Record::check(record).is_ok_and(|(header, _)| header.flags.contains(Flags::GROUP_LAST))
        };
        let whole = self.batch.iter().rposition(is_end).map_or(0, |last| last + 1);
        self.batch.truncate(whole);
        let records = self.batch.iter().map(|(seq, bytes)| (*seq, bytes.as_slice()));
        self.store.put(records, false).map_err(store_failed)?;
        self.last = self.batch.last().map_or(self.last, |(seq, _)| *seq);
        self.batch.clear();
        self.batch_bytes = 0;
        Ok(())
    }
}
