//! The log: the journal is opened, replayed, and given its writer.

use std::{fs, path::Path, sync::Arc};

use anyhow::anyhow;
use journal_domain::{Boot, SystemCommand};
use journal_log::{Actor, RequestId, SnapshotStore};
use journal_rocks::{DirSnapshots, OpenError, Options, RocksJournal, Upkeep};
use projector_containers::Containers;
use projector_engine::{
    Clock, Engine, EngineOptions, Handle, Opening, Progress, StartError, Submission,
};

use super::numbers::SyncNumbers;
use crate::{
    damage,
    exit::{self, Coded},
    fatal,
    version::VERSION,
};

/// Where the journal is in the data directory.
pub(crate) const JOURNAL: &str = "journal";

/// Where the snapshots are in the data directory.
pub(crate) const SNAPSHOTS: &str = "snapshots";

/// The running log.
pub(super) struct Log {
    pub(super) handle: Handle<Containers>,
    /// The identity of the journal, which outlives restarts.
    pub(super) cluster: [u8; 16],
    pub(super) syncs: Arc<SyncNumbers>,
}

/// What an opening is besides an ordinary start.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    /// The log is a copy that has no witness yet.
    pub(crate) has_no_witness: bool,
    /// What the record of the opening tells, a sentence each.
    pub(crate) told: Vec<String>,
}

/// Opens and replays the log in `data`, and gives who may tend its files too; it blocks as long as that takes.
pub(super) fn open(
    data: &Path,
    clock: Arc<dyn Clock>,
    beginning: Beginning,
) -> anyhow::Result<(Log, Upkeep)> {
    let syncs = Arc::new(SyncNumbers::default());
    let seen = Arc::clone(&syncs);
    let options = Options {
        rebuild_witness: beginning.has_no_witness,
        on_sync: Some(Arc::new(move |times| seen.add(times))),
        ..Options::default()
    };
    let (journal, report) = RocksJournal::open(&data.join(JOURNAL), &options)
        .map_err(|error| open_error(&error, data))?;
    let recovered = report.recovery.iter().map(ToString::to_string);
    let recovery: Vec<String> = beginning.told.into_iter().chain(recovered).collect();
    let upkeep = journal.upkeep();
    for sentence in &recovery {
        tracing::warn!("{sentence}");
    }
    let snapshots: Arc<dyn SnapshotStore> = Arc::new(DirSnapshots::open(&data.join(SNAPSHOTS))?);
    let cluster = report.cluster;
    let options = EngineOptions {
        opening: Opening {
            node: host_name(),
            boot: boot_id(),
            binary: VERSION.into(),
            cluster,
            recovery,
        },
        on_progress: Some(Arc::new(tell_progress)),
        ..EngineOptions::default()
    };
    let (handle, replay) =
        Engine::start::<Containers, _>(journal, snapshots, clock, options, |error| {
            fatal::end(&error);
        })
        .map_err(|error| start_error(error, data))?;
    tracing::info!(
        records = replay.records,
        snapshot = replay.snapshot.map(|seq| seq.get()),
        took_ms = u64::try_from(replay.took.as_millis()).unwrap_or(u64::MAX),
        "the log is replayed"
    );
    for (first, last) in &replay.skipped {
        tracing::warn!(
            first = first.get(),
            last = last.get(),
            "lost records are passed over, as the log says"
        );
    }
    for rejected in &replay.rejected {
        tracing::warn!(seq = rejected.seq.get(), "a snapshot was passed over: {}", rejected.reason);
    }
    Ok((Log { handle, cluster, syncs }, upkeep))
}

// === impl Log ===

impl Log {
    /// Puts the start of this server on record.
    pub(super) async fn boot(&self) -> anyhow::Result<()> {
        let boot = Boot { version: VERSION.into(), host: host_name() };
        self.submit(boot.into()).await
    }

    /// Puts a command of the server itself on record.
    pub(super) async fn submit(&self, command: SystemCommand) -> anyhow::Result<()> {
        let actor = Actor { principal: "boot".into(), ..Actor::default() };
        let command = command.into();
        let submission = Submission { actor, request: RequestId::NONE, cause: None, command };
        let submitted = self.handle.submit(submission).await;
        submitted.map(drop).map_err(|error| anyhow!("the server's own command failed: {error}"))
    }
}

fn tell_progress(progress: Progress) {
    let (seq, head) = (progress.seq.get(), progress.head.get());
    tracing::info!(seq, head, "the log is being replayed");
}

/// Gives the error its exit code: damage is not mended by starting again.
pub(crate) fn open_error(error: &OpenError, data: &Path) -> anyhow::Error {
    if error.is_damage() {
        return damage::of_opening(error, data);
    }
    let code = match error {
        OpenError::Locked { .. } => exit::OWNED,
        // A write has failed, as where the disk is full: another start finds what is durable.
        OpenError::Store(_) | OpenError::File(_) => exit::JOURNAL_FAILED,
        OpenError::Absent { .. } | OpenError::Thread { .. } => 1,
        // No start of this release helps; all but the first are damage, and were told above.
        OpenError::Newer { .. }
        | OpenError::Corrupt { .. }
        | OpenError::Lost { .. }
        | OpenError::Wiped { .. }
        | OpenError::NoWitness { .. }
        | OpenError::WitnessBehind { .. }
        | OpenError::WitnessForeign { .. }
        | OpenError::Diverged { .. }
        | OpenError::Chain(_)
        | OpenError::Stuck { .. }
        | OpenError::Read(_) => exit::DAMAGED,
    };
    Coded { code, message: format!("opening the log: {}", exit::chain(error)) }.into()
}

fn start_error(error: StartError, data: &Path) -> anyhow::Error {
    let told = exit::chain(&error);
    match &error {
        StartError::Replay(replay) => damage::of_replay(replay, &told, data),
        StartError::Append(_) => Coded { code: exit::JOURNAL_FAILED, message: told }.into(),
        StartError::Encode(_) | StartError::Thread(_) => {
            anyhow::Error::new(error).context("starting the engine")
        }
    }
}

/// Gives the host's name.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Gives the id of the kernel's start.
pub(crate) fn boot_id() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}
