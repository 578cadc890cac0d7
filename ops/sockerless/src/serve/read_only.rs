//! `serve --read-only-at SEQ`: the state at a record, for reading, from a log that may be damaged behind it.
//!
//! Nothing is opened for writing, nothing reconciled, no record made. Every call that could change something is
//! refused, and says why; `/healthz` tells what is wrong behind the record.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use api_docker::{Gate, Level};
use api_ops::{AuditDoor, Metrics, PageDoor, Readiness, Stage};
use backends_core::Backend;
use backends_images::ImageStore;
use journal_keys::KeyStore;
use journal_log::{MemorySnapshots, Seq, SnapshotStore};
use journal_reads::ReadPolicy;
use journal_rocks::{DirSnapshots, ReadOnly};
use projector_containers::Containers;
use projector_engine::{Clock, Engine, Handle, ReplayOptions, SystemClock, replay};

use super::{
    STOP_GRACE, Signals, api, backend::Running, log::Log, looked_at::LookedAt, tenants::TenantDoors,
};
use crate::{damage, exit, serve, settings::Settings, version::VERSION};

/// Serves until it is asked to end.
pub(super) async fn run(mut settings: Settings, at: u64) -> anyhow::Result<()> {
    // Nothing is put down of reads either.
    settings.audit_reads = ReadPolicy::None;
    let at = Seq::new(at);
    let readiness = Readiness::new();
    let metrics = Arc::new(Metrics::new()?);
    // An export seals the log first, and nothing is written here: auditors ask the command line instead.
    settings.ops_audit = false;
    let doors = api::Doors {
        audit: AuditDoor::default(),
        page: PageDoor::default(),
        tenants: TenantDoors::closed(&settings)?,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let operations = api::operations(&settings, &metrics, &readiness, &doors, &clock).await?;
    let data = settings.data.clone();
    let (log, note) = tokio::task::spawn_blocking(move || look(&data, at)).await??;
    tracing::warn!("{note}");
    let gate = Gate::open();
    gate.set(
        Level::ReadOnly,
        &format!(
            "this server is read-only: it serves the state at record {at}, and takes no change"
        ),
    );
    readiness.note(&note);
    let backend: Arc<dyn Backend> = Arc::new(LookedAt::new(&settings.data));
    let images = Arc::new(ImageStore::open(&settings.data).context("opening the image store")?);
    // The keys of sealed values stay closed: opening them would sweep those that only later records refer to.
    let running = Running { backend, images, keys: KeyStore::closed() };
    let mut signals = Signals::listen(false)?;
    let served = api::Served { gate, metrics, page: doors.page, tenants: doors.tenants };
    let docker = api::docker(&settings, &log, &running, clock, served).await?;
    readiness.enter(Stage::Ready);
    for address in docker.addresses() {
        tracing::info!(%address, version = VERSION, at = at.get(), "the Docker Engine API is served, read-only");
    }
    signals.asked_to_end(&log).await;
    readiness.enter(Stage::Stopping);
    docker.stop(STOP_GRACE).await;
    if let Some(operations) = operations {
        operations.stop(STOP_GRACE).await;
    }
    Ok(())
}

/// Reads the state at `at`; says in a sentence what is served and what is wrong behind it.
fn look(data: &Path, at: Seq) -> anyhow::Result<(Log, String)> {
    let journal = ReadOnly::open(&data.join(serve::JOURNAL))
        .map_err(|error| anyhow::anyhow!("opening the log: {}", exit::chain(&error)))?;
    let reader = journal.reader();
    let head = reader.head();
    if at == Seq::GENESIS || at > head {
        bail!(
            "there is no record {at} to serve the state at: the log can be read up to record {head}"
        );
    }
    let folder = data.join(serve::SNAPSHOTS);
    let snapshots: Arc<dyn SnapshotStore> = match folder.is_dir() {
        true => Arc::new(DirSnapshots::open(&folder)?),
        false => Arc::new(MemorySnapshots::default()),
    };
    let world = replay::<Containers>(&*reader, &*older(&snapshots, at), &options(at))
        .with_context(|| format!("reading the log up to record {at}"))?
        .world;
    let cluster = journal.cluster().context("the log has no identity")?;
    let handle: Handle<Containers> = Engine::look(world, reader, snapshots, VERSION);
    let note = match damage::after(data, at.next()) {
        Some(wrong) => format!("read-only at record {at}: {wrong}"),
        None => format!("read-only at record {at} of {head}"),
    };
    Ok((Log { handle, cluster, syncs: Arc::default() }, note))
}

/// Leaves out snapshots that are ahead of what can be read of the log: a damaged one may well have them.
fn older(snapshots: &Arc<dyn SnapshotStore>, at: Seq) -> Arc<dyn SnapshotStore> {
    let kept = Arc::new(MemorySnapshots::default());
    let manifests = snapshots.manifests().unwrap_or_default();
    // The newest one that is whole is enough.
    for manifest in manifests.iter().filter(|manifest| manifest.seq <= at) {
        if let Ok(state) = snapshots.load(manifest)
            && kept.save(manifest, &state).is_ok()
        {
            break;
        }
    }
    kept
}

fn options(at: Seq) -> ReplayOptions {
    ReplayOptions {
        until: Some(at),
        use_snapshots: true,
        verify_state: false,
        hashes: None,
        binary: VERSION.into(),
        on_progress: None,
    }
}
