//! Everything that may still have a record: the database, its logs behind their damage, the witness, a backup.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use journal_log::{ReadError, Seq, Tail};

use super::salvage;
use crate::OpenError;
use crate::durable::names_in;
use crate::mirror::{Link, mirror};
use crate::open::usable;
use crate::places::Places;
use crate::read_only::view;
use crate::ring::Ring;
use crate::store::{Access, Store, Tolerant};
use crate::wal::{self, Damage};

/// Bytes of records that are kept in memory beside the database.
///
/// They are those of the witness and the logs, 64 MiB each, and of damaged blocks, which are few.
const LOOSE_BYTES_MAX: usize = 512 << 20;

/// Where a record was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the database, as always.
    Database,
    /// In the bytes of a file that RocksDB does not read any more.
    Salvaged,
    /// In the witness.
    Witness,
    /// In a backup.
    Backup,
}

/// Everything that may still have a record.
pub(super) struct Sources {
    pub(super) database: PathBuf,
    pub(super) view: Option<Store>,
    pub(super) backup: Option<Store>,
    /// Where the logs of the database are damaged.
    pub(super) damage: Option<Damage>,
    pub(super) ring: Option<Ring>,
    loose: BTreeMap<Seq, Vec<(Origin, Bytes)>>,
    loose_bytes: usize,
}

impl Sources {
    /// Opens what there is in the folder of a journal, without a change to it.
    pub(super) fn open(places: &Places) -> Result<Self, OpenError> {
        let database = places.database();
        let ring = usable(Ring::open_read_only(&places.ring()))?;
        let (view, damage) = if places.has_database() { look(&database)? } else { (None, None) };
        let mut sources = Self {
            database,
            view,
            backup: None,
            damage,
            ring,
            loose: BTreeMap::new(),
            loose_bytes: 0,
        };
        sources.take_ring()?;
        sources.take_logs()?;
        Ok(sources)
    }

    /// Adds a backup: a folder in the layout of a journal.
    pub(super) fn add_backup(&mut self, folder: &Path) -> Result<(), OpenError> {
        let places = Places::new(folder);
        if !places.has_database() {
            return Err(OpenError::Absent { folder: folder.to_owned() });
        }
        let (store, _) = view(&places.database())?;
        self.backup = Some(store);
        Ok(())
    }

    /// Looks into the sorted files themselves for the records that the database does not give any more.
    pub(super) fn take_tables(&mut self, gaps: &[RangeInclusive<Seq>]) -> Result<(), OpenError> {
        if gaps.is_empty() {
            return Ok(());
        }
        for name in names_in(&self.database)?.into_iter().filter(|name| name.ends_with(".sst")) {
            let path = self.database.join(name);
            // One that cannot be read has nothing to give.
            let searched = salvage::in_table(&path, |seq, record| {
                if gaps.iter().any(|gap| gap.contains(&seq)) {
                    self.add(seq, Origin::Salvaged, record);
                }
            });
            drop(searched);
        }
        Ok(())
    }

    /// Returns what is kept of the record at `seq` beside the database.
    pub(super) fn loose(&self, seq: Seq) -> &[(Origin, Bytes)] {
        self.loose.get(&seq).map_or(&[], Vec::as_slice)
    }

    /// Returns the last record that anybody knows of.
    pub(super) fn last(&self) -> Seq {
        let of = |store: &Store| store.last().ok().flatten().map(|record| record.header.seq);
        let ring = self.ring.as_ref().map(|ring| ring.head().max(ring.acknowledged()));
        let known = [
            self.view.as_ref().and_then(of),
            self.backup.as_ref().and_then(of),
            self.loose.last_key_value().map(|(seq, _)| *seq),
            ring,
        ];
        known.into_iter().flatten().max().unwrap_or(Seq::GENESIS)
    }

    /// Returns the last record that is known to have been acknowledged.
    pub(super) fn acknowledged(&self) -> Seq {
        self.ring.as_ref().map_or(Seq::GENESIS, Ring::acknowledged)
    }

    /// Returns the record that the first one there is links to: the last one trimmed; genesis where none was.
    pub(super) fn begin(&self) -> Tail {
        self.view.as_ref().or(self.backup.as_ref()).map_or(Tail::GENESIS, Store::begin)
    }

    /// Returns the identity of the journal.
    pub(super) fn cluster(&self) -> Option<[u8; 16]> {
        let of = |store: &Store| store.cluster().ok().flatten();
        let database = self.view.as_ref().and_then(of);
        let ring = self.ring.as_ref().map(Ring::cluster);
        database.or(ring).or_else(|| self.backup.as_ref().and_then(of))
    }

    fn take_ring(&mut self) -> Result<(), OpenError> {
        let Some(ring) = self.ring.take() else { return Ok(()) };
        for span in ring.spans() {
            let mut seq = span.head.first;
            for record in ring.encoded_records(span)? {
                self.add(seq, Origin::Witness, record);
                seq = seq.next();
            }
        }
        self.ring = Some(ring);
        Ok(())
    }

    /// Takes what is in the logs from the damaged one on; what is before it the database has.
    fn take_logs(&mut self) -> Result<(), OpenError> {
        let damaged = self.damage.as_ref().map(|damage| damage.path.clone());
        if self.view.is_some() && damaged.is_none() {
            return Ok(());
        }
        for (_, path) in wal::logs_in(&self.database)? {
            if damaged.as_ref().is_none_or(|damaged| path >= *damaged) {
                salvage::in_log(&path, |seq, record| self.add(seq, Origin::Salvaged, record))?;
            }
        }
        Ok(())
    }

    fn add(&mut self, seq: Seq, origin: Origin, record: Bytes) {
        let found = self.loose.entry(seq).or_default();
        let is_new = found.iter().all(|(_, other)| *other != record);
        if is_new && self.loose_bytes + record.len() <= LOOSE_BYTES_MAX {
            self.loose_bytes += record.len();
            found.push((origin, record));
        }
    }
}

/// Opens a copy of the database, also of one whose list of files is damaged.
fn look(database: &Path) -> Result<(Option<Store>, Option<Damage>), OpenError> {
    match view(database) {
        Ok((store, damage)) => Ok((Some(store), damage)),
        Err(error) if error.is_damage() => Ok((relisted(database)?, wal::first_damage(database)?)),
        Err(error) => Err(error),
    }
}

/// Opens a copy whose list of files is made anew from the files; none where that does not help.
fn relisted(database: &Path) -> Result<Option<Store>, OpenError> {
    use crate::durable::At;
    let folder = tempfile::tempdir().at("create a folder to look at", database)?;
    let copy = folder.path().join("db");
    mirror(database, &copy, wal::first_damage(database)?.as_ref(), Link::Symbolic)?;
    if Store::relist(&copy).is_err() {
        return Ok(None);
    }
    let opened = Store::open(&copy, Access::ReadOnly, crate::options::OPEN_TIMEOUT);
    Ok(opened.ok().map(|mut store| {
        store.keep(folder);
        store
    }))
}

/// Reads records one by one, whatever lies between them.
pub(super) struct Candidates<'s> {
    sources: &'s Sources,
    view: Option<Tolerant<'s>>,
    backup: Option<Tolerant<'s>>,
}

impl<'s> Candidates<'s> {
    pub(super) fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            view: sources.view.as_ref().map(Store::tolerant),
            backup: sources.backup.as_ref().map(Store::tolerant),
        }
    }

    /// Returns everything that may be the record at `seq`, the database's first.
    pub(super) fn at(&mut self, seq: Seq) -> Vec<(Origin, Bytes)> {
        let own = self.view.as_mut().and_then(|view| view.get(seq).ok());
        let mut found: Vec<_> = own.map(|record| (Origin::Database, record)).into_iter().collect();
        let kept = self.backup.as_mut().and_then(|backup| backup.get(seq).ok());
        let kept = kept.map(|record| (Origin::Backup, record));
        for (origin, record) in self.sources.loose(seq).iter().cloned().chain(kept) {
            if found.iter().all(|(_, other)| *other != record) {
                found.push((origin, record));
            }
        }
        found
    }

    /// Returns why the database does not give the record at `seq`; nothing where it does.
    pub(super) fn failure(&mut self, seq: Seq) -> Option<ReadError> {
        match &mut self.view {
            Some(view) => view.get(seq).err(),
            None => Some(ReadError::Missing { seq }),
        }
    }
}
