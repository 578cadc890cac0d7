//! Opening: from whatever is on the disk to a journal and a witness that agree.
//!
//! The lock, the witness, a look through RocksDB's logs, RocksDB itself, the comparison of the two, and the
//! table in [`verdict`](crate::verdict). What is damaged goes through [`mend`], which never changes the damaged
//! database before it has a better one. There is no clean shutdown: this is the only way in.

mod act;
mod compare;
mod mend;
mod newer;

use std::path::Path;

use journal_log::{ChainVerifier, Epoch, ReadError, Record, Seq, Tail};

use self::compare::compare;
pub(crate) use self::compare::told;
pub(crate) use self::mend::{BATCH_BYTES, is_damage, place_in};
use self::mend::{Harm, mend};
use self::newer::newer;
use crate::durable::{At, create_folder};
use crate::mirror;
use crate::options::Options;
use crate::owner::Owner;
use crate::places::Places;
use crate::report::{OpenError, OpenReport, Recovery};
use crate::ring::{self, Ring, RingError};
use crate::stopwatch::Stopwatch;
use crate::store::{Access, FORMAT, Store, StoreOpenError};
use crate::verdict::{JournalEnd, Refusal, Verdict, WitnessEnd, judge};
use crate::wal;

/// Times that an opening mends before it gives up: a damaged log and a damaged sorted file at once.
const MENDS_MAX: usize = 2;

/// What an opening ends with.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) ring: Ring,
    /// The last record, with its own epoch.
    pub(crate) last: Tail,
    /// The epoch of this opening.
    pub(crate) epoch: Epoch,
    /// Everything up to here is in sorted files.
    pub(crate) flushed: Seq,
}

/// What an opening works with.
struct Opening<'a> {
    places: Places,
    options: &'a Options,
    ring: Option<Ring>,
    recovery: Vec<Recovery>,
}

/// Opens the journal in `folder`.
pub(crate) fn open(folder: &Path, options: &Options) -> Result<(Opened, OpenReport), OpenError> {
    let watch = Stopwatch::start();
    create_folder(folder)?;
    let owner = Owner::claim(folder)?;
    let places = Places::new(folder);
    let interrupted = places.tidy()?.map(|folder| Recovery::Quarantined { folder });
    let is_new = !places.has_database();
    let ring = usable(Ring::open(&places.ring()))?;
    let recovery = interrupted.into_iter().collect();
    let mut opening = Opening { places, options, ring, recovery };
    if is_new {
        opening.begin()?;
    }
    let mut store = opening.sound_store()?;
    let ring = opening.agree(&store)?;
    store.flush().map_err(store_failed)?;
    let last = end_of(store.last()?.as_ref());
    let noted = store.epoch().map_err(store_failed)?;
    let epoch = noted.max(last.epoch).max(Epoch::new(ring.epoch())).next();
    store.set_epoch(epoch).map_err(store_failed)?;
    store.keep(owner);
    let report = OpenReport {
        head: last.seq,
        epoch,
        cluster: ring.cluster(),
        is_new,
        recovery: opening.recovery,
        took: watch.elapsed(),
    };
    Ok((Opened { store, ring, last, epoch, flushed: last.seq }, report))
}

impl Opening<'_> {
    /// Begins a new journal, unless the witness remembers an old one.
    fn begin(&mut self) -> Result<(), OpenError> {
        let end = JournalEnd { exists: false, last: Seq::GENESIS, group: Seq::GENESIS };
        let verdict = judge(end, self.ring.as_ref().map(witness_end), self.options.rebuild_witness);
        if let Verdict::Refuse(refusal) = verdict {
            return Err(self.refused(refusal, end.last));
        }
        if self.ring.is_none() {
            // The witness comes first: a database without one is never new.
            self.ring = Some(self.new_ring(random_cluster(&self.places.ring())?)?);
        }
        // RocksDB would make its folder too, and not sync the name.
        create_folder(&self.places.database())?;
        Ok(())
    }

    /// Opens the database, mended where that is needed and possible.
    fn sound_store(&mut self) -> Result<Store, OpenError> {
        for _ in 0..MENDS_MAX {
            match self.attempt()? {
                Ok(store) => return Ok(store),
                Err(harm) => mend(self, &harm)?,
            }
        }
        self.attempt()?.map_err(|harm| harm.into_error(Seq::FIRST, &self.places.database()))
    }

    /// Opens the database if it is sound, and says what harm it has if it is not.
    fn attempt(&self) -> Result<Result<Store, Harm>, OpenError> {
        let folder = self.places.database();
        if let Some(damage) = wal::first_damage(&folder)? {
            return Ok(Err(Harm::Log(damage)));
        }
        if let Some(path) = mirror::manifest_path(&folder)?
            && let Some(damage) = wal::scan(&path).at("read", &path)?
        {
            return Ok(Err(Harm::Manifest(damage)));
        }
        let store = match Store::open(&folder, Access::Strict, self.options.open_timeout) {
            Ok(store) => store,
            Err(StoreOpenError::Refused(error)) if is_damage(&error) => {
                return Ok(Err(Harm::Closed(error.into_string())));
            }
            Err(error) => return Err(open_failed(error)),
        };
        // All of `meta` is read once, so that damage of its files is found here, where it can be mended.
        let meta = store.format().and_then(|found| {
            store.cluster()?;
            store.epoch()?;
            Ok(found)
        });
        match meta {
            Ok(found) if found > FORMAT => {
                let what = format!("its layout is {found}, not {FORMAT}");
                return Err(OpenError::Newer { what });
            }
            Ok(_) => {}
            Err(error) if is_damage(&error) => return Ok(Err(Harm::Closed(error.into_string()))),
            Err(error) => return Err(store_failed(error)),
        }
        self.check_cluster(&store)?;
        match &self.ring {
            Some(ring) => Ok(compare(&store, ring)?.map_or(Ok(store), Err)),
            None => Ok(Ok(store)),
        }
    }

    /// Checks that database and witness belong together; gives a new database the witness's identity.
    fn check_cluster(&self, store: &Store) -> Result<(), OpenError> {
        match (store.cluster().map_err(store_failed)?, &self.ring) {
            (None, Some(ring)) => store.found(ring.cluster()).map_err(store_failed),
            (Some(journal), Some(ring)) if journal != ring.cluster() => {
                Err(OpenError::WitnessForeign {
                    journal: hex::encode(journal),
                    witness: hex::encode(ring.cluster()),
                })
            }
            (_, _) => Ok(()),
        }
    }

    /// Brings a sound database and its witness to agree; returns the witness.
    fn agree(&mut self, store: &Store) -> Result<Ring, OpenError> {
        let last = match store.last() {
            Err(ReadError::Frame { source, .. }) if source.is_newer() => {
                return Err(newer(store, &source));
            }
            last => last?,
        };
        let end = journal_end(last.as_ref());
        let witness = self.ring.as_ref().map(witness_end);
        let ring = match judge(end, witness, self.options.rebuild_witness) {
            Verdict::Start => self.ring.take(),
            Verdict::TakeBack { first, last } => {
                let ring = self.ring.take();
                if let Some(ring) = &ring {
                    act::take_back(store, ring, first)?;
                    self.recovery.push(Recovery::TakenBack { first, last });
                }
                ring
            }
            Verdict::Witness { first } => {
                let ring = self.ring.take();
                if let Some(ring) = &ring {
                    act::witness(store, ring, first, end.last)?;
                    self.recovery.push(Recovery::Witnessed { first, last: end.last });
                }
                // What was written is read back, so that its place is known.
                usable(Ring::open(&self.places.ring()))?
            }
            Verdict::Rebuild => None,
            Verdict::Refuse(refusal) => return Err(self.refused(refusal, end.last)),
        };
        match ring {
            Some(ring) => ring.mend_header().map(|()| ring).map_err(OpenError::File),
            None => self.rebuild_ring(store, end),
        }
    }

    fn rebuild_ring(&mut self, store: &Store, end: JournalEnd) -> Result<Ring, OpenError> {
        let path = self.places.ring();
        let cluster = match store.cluster().map_err(store_failed)? {
            Some(cluster) => cluster,
            None => random_cluster(&path)?,
        };
        let ring = self.new_ring(cluster)?;
        store.found(cluster).map_err(store_failed)?;
        if end.last == Seq::GENESIS {
            return Ok(ring);
        }
        act::witness(store, &ring, end.group, end.last)?;
        self.recovery.push(Recovery::WitnessRebuilt);
        usable(Ring::open(&path))?.ok_or(OpenError::NoWitness { head: end.last })
    }

    fn new_ring(&self, cluster: [u8; 16]) -> Result<Ring, OpenError> {
        Ok(Ring::create(&self.places.ring(), self.options.witness_bytes, cluster)?)
    }

    fn refused(&self, refusal: Refusal, head: Seq) -> OpenError {
        let witness = self.ring.as_ref().map_or(Seq::GENESIS, Ring::head);
        match refusal {
            Refusal::Wiped => OpenError::Wiped { head: witness },
            Refusal::Lost { first, last } => OpenError::Lost { first, last },
            Refusal::NoWitness => OpenError::NoWitness { head },
            Refusal::WitnessBehind => OpenError::WitnessBehind { head, witness },
        }
    }
}

/// Returns the witness where there is one whose header can be read.
pub(crate) fn usable(ring: Result<Option<Ring>, RingError>) -> Result<Option<Ring>, OpenError> {
    match ring {
        Ok(ring) => Ok(ring),
        Err(RingError::Header) => Ok(None),
        Err(error @ RingError::Version { .. }) => Err(OpenError::Newer { what: error.to_string() }),
        Err(RingError::File(error)) => Err(error.into()),
    }
}

/// Says how an opening of RocksDB failed.
pub(crate) fn open_failed(error: StoreOpenError) -> OpenError {
    match error {
        StoreOpenError::Refused(error) => store_failed(error),
        StoreOpenError::Stuck { after } => OpenError::Stuck { after },
        StoreOpenError::Thread(source) => OpenError::Thread { source },
    }
}

pub(crate) fn store_failed(error: rocksdb::Error) -> OpenError {
    OpenError::Store(error.into())
}

fn witness_end(ring: &Ring) -> WitnessEnd {
    let first = ring.covered().map_or(Seq::GENESIS, |covered| *covered.start());
    WitnessEnd { first, last: ring.head(), acknowledged: ring.acknowledged() }
}

fn journal_end(last: Option<&Record>) -> JournalEnd {
    let (last, group) = last
        .map_or((Seq::GENESIS, Seq::GENESIS), |record| (record.header.seq, record.header.group));
    JournalEnd { exists: true, last, group }
}

fn end_of(last: Option<&Record>) -> Tail {
    last.map_or(Tail::GENESIS, |record| ChainVerifier::after(record).tail())
}

fn random_cluster(path: &Path) -> Result<[u8; 16], OpenError> {
    Ok(ring::random().at("draw random bytes for", path)?)
}
