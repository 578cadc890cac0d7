//! Looking at a journal beside its server or without one.
//!
//! The files are never opened for writing and the lock is not needed: the database is looked at in a temporary
//! folder with references to its sorted files and copies of its logs, cut where they are damaged. So what is
//! seen is a point in time, and a damaged journal can be looked at up to the damage.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use journal_log::{JournalReader, Record, ScrubError, Seq, Tail, scrub};

use crate::OpenError;
use crate::durable::{At, FileError, names_in};
use crate::mirror::{Link, manifest_path, mirror};
use crate::open::{is_damage, open_failed, usable};
use crate::options::OPEN_TIMEOUT;
use crate::places::Places;
use crate::reader::Reader;
use crate::ring::Ring;
use crate::store::{Access, Store, StoreOpenError};
use crate::wal::{self, Damage};

/// Times that the files are taken anew because a server was writing sorted files meanwhile.
///
/// It does so about once a second at most, and taking them lasts some milliseconds.
const TRIES: usize = 100;

/// A journal as it was at a point in time.
pub struct ReadOnly {
    reader: Reader,
    database: PathBuf,
    damage: Option<Damage>,
    witness: Option<WitnessStats>,
    cluster: Option<[u8; 16]>,
}

/// What a journal takes and holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// The first record there is.
    pub first: Seq,
    /// The last record.
    pub head: Seq,
    /// Bytes of the database, logs included.
    pub bytes: u64,
    /// Files of the database.
    pub files: u64,
    /// Bytes of its logs, which the next opening replays.
    pub log_bytes: u64,
    /// The witness; none where it is missing or damaged.
    pub witness: Option<WitnessStats>,
}

/// What the witness holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessStats {
    /// Bytes of its area.
    pub bytes: u64,
    /// The first record it has.
    pub first: Seq,
    /// The last record it has.
    pub last: Seq,
    /// The last record it knows to have been acknowledged.
    pub acknowledged: Seq,
}

/// Why a journal is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A record cannot be read or does not belong where it stands.
    #[error(transparent)]
    Scrub(#[from] ScrubError),
    /// A log is damaged and records behind the damage are lost to it.
    #[error("record {seq} is damaged in {} at byte {offset}: {cause}", file.display())]
    Log {
        /// The first record that cannot be read.
        seq: Seq,
        /// The log.
        file: PathBuf,
        /// Where in the log.
        offset: u64,
        /// What is wrong.
        cause: &'static str,
    },
    /// Acknowledged records are not there.
    #[error("acknowledged records {first} to {last} are gone")]
    Lost {
        /// The first that is gone.
        first: Seq,
        /// The last that is known to have been there.
        last: Seq,
    },
}

impl VerifyError {
    /// Returns the first bad record.
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Scrub(error) => error.seq(),
            Self::Log { seq, .. } => *seq,
            Self::Lost { first, .. } => *first,
        }
    }
}

impl ReadOnly {
    /// Takes a look at the journal in `folder`.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let places = Places::new(folder);
        let database = places.database();
        // The witness is read first: what it has seen is in the logs that are read after.
        let ring = usable(Ring::open_read_only(&places.ring()))?;
        let witness = ring.as_ref().map(|ring| WitnessStats {
            bytes: ring.area_bytes(),
            first: ring.covered().map_or(Seq::GENESIS, |covered| *covered.start()),
            last: ring.head(),
            acknowledged: ring.acknowledged(),
        });
        if !places.has_database() {
            return Err(match witness {
                Some(WitnessStats { last, .. }) if last > Seq::GENESIS => {
                    OpenError::Wiped { head: last }
                }
                Some(_) | None => OpenError::Absent { folder: folder.to_owned() },
            });
        }
        let (store, damage) = view(&database)?;
        let head = store.last()?.map_or(0, |record| record.header.seq.get());
        let cluster = store.cluster().ok().flatten().or(ring.as_ref().map(Ring::cluster));
        let reader = Reader::new(Arc::new(store), Arc::new(AtomicU64::new(head)));
        Ok(Self { reader, database, damage, witness, cluster })
    }

    /// Returns the identity of the journal, which a trimmed one has too; none where nothing has told it yet.
    pub const fn cluster(&self) -> Option<[u8; 16]> {
        self.cluster
    }

    /// Returns a reader of everything up to the head, or to the first damage of a log.
    pub fn reader(&self) -> Arc<dyn JournalReader> {
        Arc::new(self.reader.clone())
    }

    /// Checks every record, the logs behind the last one, and that nothing acknowledged is missing.
    ///
    /// `seen` is given every record once it is checked, and may end the check early. A write that was cut short behind
    /// the last acknowledged record is no fault: the next opening drops it.
    pub fn verify(
        &self,
        mut seen: impl FnMut(&Record) -> ControlFlow<()>,
    ) -> Result<Tail, VerifyError> {
        let mut is_ended = false;
        let tail = scrub(&self.reader, |record| {
            let flow = seen(record);
            is_ended |= flow.is_break();
            flow
        })?;
        if is_ended {
            return Ok(tail);
        }
        let seq = tail.seq.next();
        let lost = self.witness.filter(|witness| witness.acknowledged >= seq);
        match (&self.damage, lost) {
            (Some(damage), lost) if lost.is_some() || !damage.is_torn => Err(VerifyError::Log {
                seq,
                file: damage.path.clone(),
                offset: damage.offset,
                cause: damage.cause,
            }),
            (_, Some(witness)) => Err(VerifyError::Lost { first: seq, last: witness.acknowledged }),
            (_, None) => Ok(tail),
        }
    }

    /// Counts what the journal takes and holds.
    pub fn stats(&self) -> Result<Stats, FileError> {
        let mut stats = Stats {
            first: self.reader.first(),
            head: self.reader.head(),
            bytes: 0,
            files: 0,
            log_bytes: 0,
            witness: self.witness,
        };
        for name in names_in(&self.database)? {
            let path = self.database.join(&name);
            let bytes = match fs::metadata(&path) {
                // A server may have removed it since.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata.at("look at", &path)?.len(),
            };
            stats.files += 1;
            stats.bytes += bytes;
            if wal::log_number(&name).is_some() {
                stats.log_bytes += bytes;
            }
        }
        Ok(stats)
    }
}

/// Opens a copy of the database; says where its logs are damaged.
pub(crate) fn view(database: &Path) -> Result<(Store, Option<Damage>), OpenError> {
    let folder = tempfile::tempdir().at("create a folder to look at", database)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let before = manifest_state(database)?;
        let result = attempt(database, folder.path());
        let is_changed = manifest_state(database)? != before;
        match result {
            Ok((mut store, damage)) if !is_changed => {
                store.keep(folder);
                return Ok((store, damage));
            }
            // A file that is gone from under the copying says the same as a changed manifest.
            Err(OpenError::File(error)) if error.source.kind() == io::ErrorKind::NotFound => {
                if tries == TRIES {
                    return Err(error.into());
                }
            }
            Err(error) if !is_changed || tries == TRIES => return Err(error),
            Ok(_) if tries == TRIES => return Err(changed(database).into()),
            Ok(_) | Err(_) => {}
        }
    }
}

fn attempt(database: &Path, folder: &Path) -> Result<(Store, Option<Damage>), OpenError> {
    let copy = folder.join("db");
    mirror(database, &copy, None, Link::Symbolic)?;
    let damage = wal::first_damage(&copy)?;
    if let Some(damage) = &damage {
        // Cut in a second step, so that what was looked at is what is read.
        let whole = folder.join("whole");
        fs::rename(&copy, &whole).at("rename", &copy)?;
        mirror(&whole, &copy, Some(damage), Link::Symbolic)?;
    }
    if let Some(path) = manifest_path(&copy)?
        && let Some(found) = wal::scan(&path).at("read", &path)?
    {
        let (file, offset) = (original(database, &path), found.offset);
        return Err(OpenError::Corrupt {
            seq: Seq::FIRST,
            file,
            offset,
            cause: found.cause.into(),
        });
    }
    let store = match Store::open(&copy, Access::ReadOnly, OPEN_TIMEOUT) {
        Ok(store) => store,
        Err(StoreOpenError::Refused(error)) if is_damage(&error) => {
            let (file, cause) = (database.to_owned(), error.into_string());
            return Err(OpenError::Corrupt { seq: Seq::FIRST, file, offset: 0, cause });
        }
        Err(error) => return Err(open_failed(error)),
    };
    let damage = damage.map(|found| Damage { path: original(database, &found.path), ..found });
    Ok((store, damage))
}

/// What changes whenever the set of files does: the manifest's name and length.
fn manifest_state(database: &Path) -> Result<Option<(PathBuf, u64)>, FileError> {
    let Some(path) = manifest_path(database)? else { return Ok(None) };
    let bytes = fs::metadata(&path).at("look at", &path)?.len();
    Ok(Some((path, bytes)))
}

fn changed(database: &Path) -> FileError {
    FileError {
        action: "take a look at",
        path: database.to_owned(),
        source: io::ErrorKind::Interrupted.into(),
    }
}

fn original(database: &Path, copy: &Path) -> PathBuf {
    copy.file_name().map_or_else(|| database.to_owned(), |name| database.join(name))
}
