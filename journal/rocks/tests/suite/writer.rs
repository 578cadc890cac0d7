//! The writer as a process, what it has acknowledged, and whether that is still there.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use journal_log::{Journal, Seq, scrub};
use journal_rocks::{OpenError, OpenReport, Options, RocksJournal};

use crate::support::{RING, options};

/// Bytes of the writer's witness: small, so that it goes round and flushes are under way when it is killed.
pub(crate) const WITNESS_BYTES: u64 = 128 << 10;

/// How long a writer may take for a script: it takes some tenths of a second on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Digits of a record's hash.
const HASH_DIGITS: usize = 64;

/// The last record of each acknowledged group, with its hash.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acknowledged(BTreeMap<u64, String>);

/// The writer's program and arguments, to write `groups` groups to the journal in `folder`.
pub(crate) fn arguments(folder: &Path, groups: u32) -> Vec<String> {
    let writer = env!("CARGO_BIN_EXE_journal-rocks-writer").to_owned();
    let folder = folder.to_str().unwrap().to_owned();
    vec![writer, folder, WITNESS_BYTES.to_string(), groups.to_string()]
}

/// Runs a writer to its end, however it comes, and notes what it acknowledged.
pub(crate) fn run(
    arguments: &[String],
    acknowledged: &mut Acknowledged,
    started: impl FnOnce(&Child),
) -> ExitStatus {
    let mut child = command(&arguments[0])
        .args(&arguments[1..])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    started(&child);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
    let mut left = LIMIT;
    let step = Duration::from_millis(2);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if left.is_zero() {
            child.kill().unwrap();
            panic!("a writer hangs: {arguments:?}: {:?}", child.wait());
        }
        thread::sleep(step);
        left = left.saturating_sub(step);
    };
    for line in reader.join().unwrap() {
        // The last line may be cut short by the kill; then it was not said.
        if let Some((seq, hash)) =
            line.split_once(' ').filter(|(_, hash)| hash.len() == HASH_DIGITS)
        {
            acknowledged.0.insert(seq.parse().unwrap(), hash.to_owned());
        }
    }
    status
}

#[expect(clippy::disallowed_methods, reason = "the writer has to be a process to be killed")]
pub(crate) fn command(program: &str) -> Command {
    Command::new(program)
}

impl Acknowledged {
    /// How many groups were acknowledged.
    pub(crate) fn groups(&self) -> u64 {
        self.0.len() as u64
    }

    /// Opens the journal, verifies all of it, and looks for each acknowledged record; says what is wrong.
    pub(crate) fn check(&self, folder: &Path) -> Result<(), String> {
        self.check_opened(RocksJournal::open(folder, &options(WITNESS_BYTES)))
    }

    /// Takes the witness away and does the same: each of the two alone has what was acknowledged.
    ///
    /// Without it nobody knows whether a damaged end of the log matters: it may be refused from a record on that was not
    /// acknowledged.
    pub(crate) fn check_database(&self, folder: &Path) -> Result<(), String> {
        match fs::remove_file(folder.join(RING)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.to_string()),
            Ok(()) | Err(_) => {}
        }
        let options = Options { rebuild_witness: true, ..options(WITNESS_BYTES) };
        let last = self.0.last_key_value().map_or(0, |(last, _)| *last);
        match RocksJournal::open(folder, &options) {
            Err(OpenError::Corrupt { seq, .. }) if seq.get() > last => Ok(()),
            opened => self.check_opened(opened),
        }
        .map_err(|error| format!("the database alone: {error}"))
    }

    fn check_opened(
        &self,
        opened: Result<(RocksJournal, OpenReport), OpenError>,
    ) -> Result<(), String> {
        let (journal, report) = opened.map_err(|error| format!("it does not open: {error:?}"))?;
        let reader = journal.reader();
        let verified = scrub(&*reader, |_| ControlFlow::Continue(()));
        verified.map_err(|error| format!("it does not verify: {error:?}, {report:?}"))?;
        let records = reader.read(Seq::FIRST).map_err(|error| error.to_string())?;
        let mut found = 0;
        for record in records {
            let record = record.map_err(|error| error.to_string())?;
            found += 1;
            let (seq, hash) = (record.header.seq.get(), record.hash().to_string());
            if self.0.get(&seq).is_some_and(|said| *said != hash) {
                return Err(format!("{seq} is another record than was acknowledged, {report:?}"));
            }
        }
        match self.0.last_key_value() {
            Some((last, _)) if *last > found => {
                Err(format!("{last} was acknowledged, {found} are there, {report:?}"))
            }
            Some(_) | None => Ok(()),
        }
    }
}
