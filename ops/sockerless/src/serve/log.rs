//! The log: the journal is opened, replayed, and given its writer.

use std::{fs, path::Path, sync::Arc};

use anyhow::anyhow;
use journal_domain::{Boot, SystemCommand};
use journal_log::{Actor, RequestId, SnapshotStore};
use journal_rocks::{DirSnapshots, OpenError, Options, RocksJournal};
use projector_containers::Containers;
use projector_engine::{
    Clock, Engine, EngineOptions, Handle, Opening, Progress, StartError, Submission,
};

use super::numbers::SyncNumbers;
use crate::{
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

/// Opens and replays the log in `data`; it blocks as long as that takes.
pub(super) fn open(data: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Log> {
    let syncs = Arc::new(SyncNumbers::default());
    let seen = Arc::clone(&syncs);
    let options =
        Options { on_sync: Some(Arc::new(move |times| seen.add(times))), ..Options::default() };
    let (journal, report) =
        RocksJournal::open(&data.join(JOURNAL), &options).map_err(open_error)?;
    let recovery: Vec<String> = report.recovery.iter().map(ToString::to_string).collect();
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
        .map_err(start_error)?;
    tracing::info!(
        records = replay.records,
        snapshot = replay.snapshot.map(|seq| seq.get()),
        took_ms = u64::try_from(replay.took.as_millis()).unwrap_or(u64::MAX),
        "the log is replayed"
    );
    for rejected in &replay.rejected {
        tracing::warn!(seq = rejected.seq.get(), "a snapshot was passed over: {}", rejected.reason);
    }
    Ok(Log { handle, cluster, syncs })
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
pub(super) fn open_error(error: OpenError) -> anyhow::Error {
    let owned = matches!(error, OpenError::Locked { .. });
    if !owned && !error.is_damage() {
        return anyhow::Error::new(error).context("opening the log");
    }
    let code = if owned { exit::OWNED } else { exit::DAMAGED };
    Coded { code, message: exit::chain(&error) }.into()
}

fn start_error(error: StartError) -> anyhow::Error {
    match &error {
        StartError::Replay(_) => Coded { code: exit::DAMAGED, message: exit::chain(&error) }.into(),
        StartError::Encode(_) | StartError::Append(_) | StartError::Thread(_) => {
            anyhow::Error::new(error).context("starting the engine")
        }
    }
}

/// Gives the host's name.
pub(super) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn boot_id() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}
