//! The directory that is damaged: some hundred records by the real journal and engine, in several openings.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use journal_log::{Actor, RequestId, SnapshotStore};
use journal_rocks::{DirSnapshots, OpenError, Options, ReadOnly, RocksJournal};
use projector_engine::{
    Engine, EngineOptions, Handle, ReplayOptions, SnapshotPolicy, Submission, SystemClock, replay,
};
use projector_machine::Machine as _;
use projector_machine::testkit::{CounterCommand, Counters};
use serde::{Deserialize, Serialize};

use crate::files::{copy, files};

/// Openings, each of which begins a log and leaves sorted files.
const OPENINGS: u64 = 4;

/// Commands in an opening: enough for two rounds of the smaller witness.
const COMMANDS: u64 = 90;

/// Commands that wait together, so that groups of several records form.
const TOGETHER: u64 = 3;

/// A snapshot for so many records: several are there in the end.
const SNAPSHOT_RECORDS: u64 = 60;

/// Pauses between looks whether a journal was let go of, and how many there are: ten seconds in all.
const LETTING_GO: Duration = Duration::from_millis(10);
const LETTING_GO_TRIES: u32 = 1000;

/// The journal's folder in a data directory, and that of the snapshots.
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const SNAPSHOTS: &str = "snapshots";

/// The file beside the data that says what is in it.
const EXPECTED: &str = "golden.json";

/// A data directory as it was written, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Golden {
    /// The directory.
    pub(crate) data: PathBuf,
    /// The same directory an opening earlier.
    pub(crate) older: PathBuf,
    /// Bytes of its witness.
    pub(crate) witness_bytes: u64,
    /// The last record.
    pub(crate) head: u64,
    /// The hash of the last record, which stands for all of them.
    pub(crate) tail: String,
    /// The hash of the state.
    pub(crate) state: String,
}

/// Makes a golden directory in `folder`, with a witness of `witness_bytes`.
pub fn make(folder: &Path, witness_bytes: u64) -> Result<Golden> {
    let (data, older) = (folder.join("data"), folder.join("older"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for opening in 0..OPENINGS {
        if opening + 1 == OPENINGS {
            copy(&data, &older)?;
        }
        runtime.block_on(write(&data, witness_bytes, opening))?;
    }
    let view = ReadOnly::open(&data.join(JOURNAL))?;
    let snapshots = DirSnapshots::open(&data.join(SNAPSHOTS))?;
    ensure!(snapshots.manifests()?.len() > 1, "there are several snapshots");
    let options = ReplayOptions { use_snapshots: false, ..ReplayOptions::default() };
    let replayed = replay::<Counters>(&*view.reader(), &snapshots, &options)?;
    let golden = Golden {
        data,
        older,
        witness_bytes,
        head: replayed.world.seq.get(),
        tail: hex::encode(replayed.tail.hash.as_bytes()),
        state: hex::encode(Counters::state_hash(&replayed.world.state)),
    };
    fs::write(folder.join(EXPECTED), serde_json::to_vec_pretty(&golden)?)?;
    Ok(golden)
}

impl Golden {
    /// Reads what `make` has left in `folder`.
    pub fn read(folder: &Path) -> Result<Self> {
        let bytes = fs::read(folder.join(EXPECTED)).context("reading what is golden")?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Copies the directory to `folder`, where trials may have further names of its files.
    pub(crate) fn moved_to(self, folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        for file in files(&self.data)? {
            let target = folder.join(&file);
            fs::create_dir_all(target.parent().context("a file has a folder")?)?;
            fs::copy(self.data.join(&file), target)?;
        }
        Ok(Self { data: folder.to_owned(), ..self })
    }

    /// Lists its files by their paths in the data directory.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        files(&self.data)
    }
}

/// Opens the directory as a server does and has commands written to it.
async fn write(data: &Path, witness_bytes: u64, opening: u64) -> Result<()> {
    let options = Options { witness_bytes, ..Options::default() };
    let journal = open(&data.join(JOURNAL), &options)?;
    let snapshots: Arc<dyn SnapshotStore> = Arc::new(DirSnapshots::open(&data.join(SNAPSHOTS))?);
    let policy = SnapshotPolicy {
        every_records: SNAPSHOT_RECORDS,
        keep_spacing_records: SNAPSHOT_RECORDS,
        ..SnapshotPolicy::default()
    };
    let options = EngineOptions { snapshots: policy, ..EngineOptions::default() };
    let clock = Arc::new(SystemClock::new());
    // A failed append is told to the submitter below, by its end.
    let (handle, _) = Engine::start::<Counters, _>(journal, snapshots, clock, options, |_| {})?;
    for number in 0..COMMANDS / TOGETHER {
        let number = opening * COMMANDS + number * TOGETHER;
        let (a, b, c) = tokio::join!(
            submit(&handle, number),
            submit(&handle, number + 1),
            submit(&handle, number + 2)
        );
        a.and(b).and(c)?;
    }
    handle.stop();
    handle.ended().await;
    Ok(())
}

/// Opens the journal; the threads of the engine before may still be letting go of it.
fn open(folder: &Path, options: &Options) -> Result<RocksJournal> {
    for _ in 0..LETTING_GO_TRIES {
        match RocksJournal::open(folder, options) {
            Err(OpenError::Locked { .. }) => thread::sleep(LETTING_GO),
            opened => return Ok(opened?.0),
        }
    }
    Ok(RocksJournal::open(folder, options)?.0)
}

/// Submits a command; most are small, a few are large, and a few are refused, which is a record as well.
async fn submit(handle: &Handle<Counters>, number: u64) -> Result<()> {
    let command = match number % 23 {
        7 => CounterCommand::Swell { size_bytes: 9000 },
        11 => CounterCommand::Add { name: format!("counter-{number}"), by: 0 },
        _ => CounterCommand::Add { name: format!("counter-{}", number % 40), by: number + 1 },
    };
    let actor = Actor { principal: "uid:0".to_owned(), ..Actor::default() };
    let request = RequestId::from_bytes(u128::from(number).to_le_bytes());
    let submission = Submission { actor, request, cause: None, command };
    match handle.submit(submission).await {
        Ok(_) | Err(projector_engine::SubmitError::Refused { .. }) => Ok(()),
        Err(error) => Err(anyhow::anyhow!("command {number}: {error}")),
    }
}
