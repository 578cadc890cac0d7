//! What the tests of the suite share.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use journal_log::conformance::{command_draft, epoch_draft};
use journal_log::{Chain, Draft, Journal, JournalReader, Record, Seq, Timestamp, scrub};
use journal_rocks::{OpenError, OpenReport, Options, RocksJournal};
use tempfile::TempDir;

/// How long anything may take to be mended or refused.
pub(crate) const BOUND: Duration = Duration::from_secs(5);

/// Whether the long form is asked for.
#[expect(clippy::disallowed_methods, reason = "a switch for the developer, not configuration")]
pub(crate) fn is_long() -> bool {
    std::env::var("JOURNAL_ROCKS_LONG").is_ok()
}

/// Tells how often something was tried of which nothing was lost: a line that `make torture` reads.
#[expect(clippy::print_stdout, reason = "a figure of the suite")]
pub(crate) fn tell(suite: &str, tried: u64) {
    println!("{{\"suite\":\"{suite}\",\"tried\":{tried},\"lost\":0}}");
}

/// The witness's name in a journal's folder.
pub(crate) const RING: &str = "tail.ring";

/// Options with a witness of `witness_bytes`.
pub(crate) fn options(witness_bytes: u64) -> Options {
    Options { witness_bytes, open_timeout: BOUND, ..Options::default() }
}

/// A folder with a journal in it, and the records that were acknowledged.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) witness_bytes: u64,
    pub(crate) records: Vec<Record>,
}

impl Fixture {
    /// Begins with an empty folder.
    pub(crate) fn new(witness_bytes: u64) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), witness_bytes, records: Vec::new() }
    }

    /// The journal's folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// Opens the journal, has `groups` written to it, and closes it again.
    pub(crate) fn write(&mut self, groups: impl IntoIterator<Item = Vec<Draft>>) -> &mut Self {
        let (mut journal, _) =
            RocksJournal::open(&self.path(), &options(self.witness_bytes)).unwrap();
        self.append(&mut journal, vec![epoch_draft()]);
        for group in groups {
            self.append(&mut journal, group);
        }
        self
    }

    /// Appends a group to an open journal.
    pub(crate) fn append(&mut self, journal: &mut RocksJournal, group: Vec<Draft>) {
        let group = Chain::new(journal.tail()).group(Timestamp::ZERO, group);
        journal.append(&group).unwrap();
        self.records.extend(group);
    }

    /// Copies the journal as it is, as a kill would leave it.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self { records: self.records.clone(), ..Self::new(self.witness_bytes) };
        copy_folder(&self.path(), &copy.path());
        copy
    }

    /// Opens the journal and reads all of it; within bounds.
    pub(crate) fn open(&self) -> Result<(OpenReport, Vec<Record>), OpenError> {
        self.open_with(&options(self.witness_bytes))
    }

    /// Does what `open` does with other options.
    pub(crate) fn open_with(
        &self,
        options: &Options,
    ) -> Result<(OpenReport, Vec<Record>), OpenError> {
        let (journal, report) = RocksJournal::open(&self.path(), options)?;
        assert!(report.took < BOUND, "opening took {:?}", report.took);
        Ok((report, read_all(&*journal.reader())))
    }

    /// Checks that the journal opens with exactly what was acknowledged; returns the report.
    pub(crate) fn check(&self) -> OpenReport {
        let (report, found) = self.open().unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(found.len(), self.records.len());
        assert_eq!(found, self.records);
        report
    }

    /// Lists the database's files whose names end with `suffix`, oldest first.
    pub(crate) fn files(&self, suffix: &str) -> Vec<PathBuf> {
        let database = self.path().join("db");
        let mut files: Vec<PathBuf> = fs::read_dir(database)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_str().unwrap().ends_with(suffix))
            .collect();
        files.sort();
        files
    }

    /// The newest log of the database.
    pub(crate) fn log(&self) -> PathBuf {
        self.files(".log").pop().unwrap()
    }

    /// The witness.
    pub(crate) fn ring(&self) -> PathBuf {
        self.path().join(RING)
    }
}

/// Makes `count` groups of one to three records, a few with large bodies.
pub(crate) fn groups(count: u64) -> Vec<Vec<Draft>> {
    let bytes =
        |number: u64| if number % 17 == 16 { 9000 } else { usize::try_from(number * 7).unwrap() };
    (0..count)
        .map(|number| (0..=number % 3).map(|_| command_draft(number, bytes(number))).collect())
        .collect()
}

/// Reads and verifies everything.
pub(crate) fn read_all(reader: &dyn JournalReader) -> Vec<Record> {
    scrub(reader, |_| ControlFlow::Continue(())).unwrap();
    reader.read(Seq::FIRST).unwrap().map(Result::unwrap).collect()
}

/// Copies a folder as it is at one moment, also where its files come and go meanwhile.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    loop {
        let before = listing(from);
        let is_whole = before.iter().all(|(name, _)| {
            let target = to.join(name);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(from.join(name), target).is_ok()
        });
        if is_whole && listing(from) == before {
            return;
        }
        fs::remove_dir_all(to).unwrap();
    }
}

/// Lists the files under a folder with their sizes.
fn listing(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            // What is gone since it was listed is not part of this moment.
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                Ok(metadata) => {
                    files.push((path.strip_prefix(folder).unwrap().to_owned(), metadata.len()));
                }
                Err(_) => {}
            }
        }
    }
    files.sort();
    files
}

/// Flips one bit of a file.
pub(crate) fn flip(path: &Path, bit: u64) {
    let mut bytes = fs::read(path).unwrap();
    bytes[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
    fs::write(path, bytes).unwrap();
}

/// A seeded source of numbers, so that a failure can be run again.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
