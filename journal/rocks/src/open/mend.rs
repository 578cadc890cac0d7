//! Mending: a good database from a damaged one and the witness, or a refusal that names the record.
//!
//! Where only the end of a log is damaged, a copy without that end is taken. Else the readable records up to
//! the first bad one are written to a new database. Either has to reach, with what the witness adds, at least
//! as far as anything that was acknowledged; then it takes the damaged one's place.

use std::path::{Path, PathBuf};

use journal_log::{ChainVerifier, Seq};
use rocksdb::ErrorKind;

use super::compare::told;
use super::{Opening, act, journal_end, open_failed, store_failed, witness_end};
use crate::OpenError;
use crate::durable::remove_folder;
use crate::mirror::{Link, mirror};
use crate::report::Recovery;
use crate::store::{Access, Store, StoreOpenError};
use crate::verdict::{Verdict, judge};
use crate::wal::Damage;

/// Bytes of records written at once to a new database.
pub(crate) const BATCH_BYTES: usize = 1 << 20;

/// What is wrong with a database.
#[derive(Debug)]
pub(super) enum Harm {
    /// One of its logs is damaged.
    Log(Damage),
    /// Its manifest is damaged, so that it cannot be opened.
    Manifest(Damage),
    /// RocksDB refuses to open it.
    Closed(String),
    /// A record that the witness has cannot be read. The text says why.
    Record(String),
}

/// Tells whether RocksDB refuses to open because of what it found, and not because of the system.
pub(crate) fn is_damage(error: &rocksdb::Error) -> bool {
    let text = error.as_ref();
    error.kind() == ErrorKind::Corruption
        || (error.kind() == ErrorKind::IOError
            && ["No such file", "Not a directory", "Is a directory"]
                .iter()
                .any(|cause| text.contains(cause)))
}

/// Puts a mended database in the place of the damaged one, or refuses and leaves everything as it was.
pub(super) fn mend(opening: &mut Opening<'_>, harm: &Harm) -> Result<(), OpenError> {
    let (draft, cause) = draft(opening, harm)?;
    let last = draft.last()?;
    let next = journal_end(last.as_ref()).last.next();
    let witness = opening.ring.as_ref();
    let end = witness.map(witness_end);
    let had_records = match judge(journal_end(last.as_ref()), end, opening.options.rebuild_witness)
    {
        Verdict::Start | Verdict::Witness { .. } => false,
        Verdict::TakeBack { first, last } => {
            if let Some(ring) = witness {
                act::take_back(&draft, ring, first)?;
            }
            opening.recovery.push(Recovery::TakenBack { first, last });
            true
        }
        // Without a witness nobody knows what was acknowledged; only a write cut short is harmless.
        Verdict::Rebuild if matches!(harm, Harm::Log(damage) if damage.is_torn) => false,
        Verdict::Rebuild | Verdict::Refuse(_) => {
            drop(draft);
            remove_folder(&opening.places.draft())?;
            remove_folder(&opening.places.source())?;
            return Err(harm.to_error(next, &opening.places.database(), cause));
        }
    };
    draft.sync().map_err(store_failed)?;
    drop(draft);
    let folder = opening.places.accept_draft()?;
    opening.recovery.push(match harm {
        Harm::Log(damage) => Recovery::Cut {
            file: damage.path.clone(),
            offset: damage.offset,
            bytes: damage.file_bytes - damage.whole_bytes,
            cause: damage.cause.to_owned(),
            had_records,
        },
        Harm::Manifest(_) | Harm::Closed(_) | Harm::Record(_) => {
            Recovery::Rewritten { seq: next, cause: cause.unwrap_or_else(|| harm.cause()) }
        }
    });
    opening.recovery.push(Recovery::Quarantined { folder });
    Ok(())
}

/// Makes a database of what is good; says why the first bad record cannot be read, where one was met.
fn draft(opening: &Opening<'_>, harm: &Harm) -> Result<(Store, Option<String>), OpenError> {
    let places = &opening.places;
    let (database, draft) = (places.database(), places.draft());
    let timeout = opening.options.open_timeout;
    // A log or a manifest is good up to its damage: at its end a power cut leaves what it likes of the last writes.
    if let Harm::Log(damage) | Harm::Manifest(damage) = harm {
        mirror(&database, &draft, Some(damage), Link::Hard)?;
        match Store::open(&draft, Access::Lenient, timeout) {
            // A manifest without its end may not know of sorted files whose logs are gone.
            Ok(store) if matches!(harm, Harm::Manifest(_)) && !is_whole(&store) => {}
            Ok(store) => return Ok((store, None)),
            Err(StoreOpenError::Refused(_)) => {}
            Err(error) => return Err(open_failed(error)),
        }
    }
    remove_folder(&draft)?;
    let store = Store::open(&draft, Access::Strict, timeout).map_err(open_failed)?;
    if let Some(ring) = &opening.ring {
        store.found(ring.cluster()).map_err(store_failed)?;
    }
    let cause = match harm {
        Harm::Log(_) => None,
        Harm::Manifest(_) | Harm::Closed(_) | Harm::Record(_) => {
            // RocksDB passes over no damage of a manifest, and some of it has RocksDB loop.
            let cut = if let Harm::Manifest(damage) = harm { Some(damage) } else { None };
            mirror(&database, &places.source(), cut, Link::Hard)?;
            match Store::open(&places.source(), Access::Lenient, timeout) {
                Ok(source) => Some(copy_readable(&source, &store)?),
                Err(StoreOpenError::Refused(_)) => None,
                Err(error) => return Err(open_failed(error)),
            }
        }
    };
    Ok((store, cause))
}

/// Tells whether each record from the first to the last can be read and continues the chain.
fn is_whole(store: &Store) -> bool {
    let begin = store.begin();
    let last = match store.last() {
        Ok(Some(last)) => last.header.seq,
        Ok(None) => begin.seq,
        Err(_) => return false,
    };
    let mut verifier = ChainVerifier::after_tail(begin);
    let mut records = store.cursor(begin.seq.next(), last, true);
    records.all(|record| record.is_ok_and(|record| verifier.check(&record).is_ok()))
}

/// Copies the records up to the first that cannot be read or does not continue the chain; says why it ended.
fn copy_readable(source: &Store, target: &Store) -> Result<String, OpenError> {
    if let Some(cluster) = source.cluster().ok().flatten() {
        target.found(cluster).map_err(store_failed)?;
    }
    let begin = source.begin();
    if begin.seq > Seq::GENESIS {
        target.set_begin(begin).map_err(store_failed)?;
    }
    let mut verifier = ChainVerifier::after_tail(begin);
    let mut batch = Vec::new();
    let mut batch_bytes = 0;
    let mut end = None;
    let mut records = source.cursor(begin.seq.next(), Seq::LAST, true);
    while end.is_none() {
        match records.next() {
            Some(Ok(record)) => match verifier.check(&record) {
                Ok(()) => {
                    batch_bytes += record.encoded_bytes();
                    batch.push((record.header.seq, record.encode()));
                }
                Err(error) => end = Some(told(&error)),
            },
            Some(Err(error)) => end = Some(told(&error)),
            None => end = Some(String::new()),
        }
        if batch_bytes >= BATCH_BYTES || end.is_some() {
            let group = batch.iter().map(|(seq, bytes)| (*seq, bytes.as_slice()));
            target.put(group, false).map_err(store_failed)?;
            batch.clear();
            batch_bytes = 0;
        }
    }
    Ok(end.unwrap_or_default())
}

impl Harm {
    /// Says that the harm cannot be mended, and that `seq` is the first record that is gone.
    pub(super) fn into_error(self, seq: Seq, database: &Path) -> OpenError {
        self.to_error(seq, database, None)
    }

    fn to_error(&self, seq: Seq, database: &Path, cause: Option<String>) -> OpenError {
        let cause = cause.unwrap_or_else(|| self.cause());
        let (file, offset) = match self {
            Self::Log(damage) | Self::Manifest(damage) => (damage.path.clone(), damage.offset),
            Self::Closed(_) | Self::Record(_) => place_in(&cause, database),
        };
        OpenError::Corrupt { seq, file, offset, cause }
    }

    fn cause(&self) -> String {
        match self {
            Self::Log(damage) | Self::Manifest(damage) => damage.cause.to_owned(),
            Self::Closed(cause) | Self::Record(cause) => cause.clone(),
        }
    }
}

/// Finds the file and the offset that a message of RocksDB names.
pub(crate) fn place_in(message: &str, database: &Path) -> (PathBuf, u64) {
    let mut words = message.split([' ', ':', ',']);
    let file = words
        .by_ref()
        .find(|word| word.ends_with(".sst"))
        .and_then(|word| Some(database.join(Path::new(word).file_name()?)));
    let offset =
        words.skip_while(|word| *word != "offset").nth(1).and_then(|word| word.parse().ok());
    (file.unwrap_or_else(|| database.to_owned()), offset.unwrap_or(0))
}
