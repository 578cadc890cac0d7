//! The backend: opened, given its reconciler, and taken down.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use api_docker::sweep_images;
use api_ops::Metrics;
use backends_core::{Backend, observations};
use backends_images::{ImageStore, Swept};
use backends_local::{LocalBackend, LocalOptions};
use backends_reconcile::{Limits, Reconciler};
use journal_domain::{ConfigureBridge, Runtime};
use journal_keys::KeyStore;
use journal_rocks::{OpenError, Options, RocksJournal};
use tokio::{sync::oneshot, time::sleep};

use super::{forward, keys, log::Log, numbers, rootless};
use crate::{
    cli::{BackendName, DownArguments, RuntimeName},
    settings::{self, Settings},
};

/// How long the server of a tenant may take to end after the one in front has: calls may finish, and the log is sealed.
const TENANT_END_LIMIT: Duration = Duration::from_secs(15);

/// Between two looks whether a log has no owner any more.
const LOCK_LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The running backend, with the images that it runs.
pub(super) struct Running {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) images: Arc<ImageStore>,
    pub(super) keys: KeyStore,
}

/// Opens the backend, and returns once everything that ran before is on record as it is now.
pub(super) async fn start(
    settings: &Settings,
    hub: Option<PathBuf>,
    log: &Log,
    metrics: &Metrics,
) -> anyhow::Result<Running> {
    let images = Arc::new(ImageStore::open(&settings.data).context("opening the image store")?);
    let keys = keys::open(settings, log)?;
    log.boot().await?;
    sweep(log, &images).await?;
    if log.handle.snapshot().state.bridge().is_none() {
        let bridge = backends_local::choose_bridge(log.cluster, hub.as_deref()).await?;
        log.submit(ConfigureBridge { bridge }.into()).await?;
    }
    let (sender, receiver) = observations();
    let backend: Arc<dyn Backend> = match settings.backend {
        BackendName::Local => {
            let mut options = LocalOptions::new(&settings.data, &settings.shim, log.cluster);
            options.wasm = Some(settings.wasm.clone());
            options.hub = hub;
            options.default_runtime = match settings.default_runtime {
                RuntimeName::Auto => None,
                RuntimeName::Native => Some(Runtime::Native),
                RuntimeName::Wasm => Some(Runtime::Wasm),
            };
            let local = LocalBackend::open(options, Arc::clone(&images), sender).await;
            let local = local.context("opening the local backend")?;
            sweep_bridges(log, &local).await;
            Arc::new(local)
        }
    };
    for warning in &backend.info().warnings {
        tracing::warn!("{warning}");
    }
    let limits = Limits::default();
    // Before anything is cleaned up.
    let forwarder = forward::start(&settings.data, log, &backend)?;
    let reconciler =
        Reconciler::new(log.handle.clone(), Arc::clone(&backend), keys.clone(), receiver, limits)
            .with_follower(forwarder);
    numbers::add_reconciler(metrics, &reconciler.metrics())?;
    let (adopted, adoption) = oneshot::channel();
    tokio::spawn(reconciler.run(move || {
        // Nobody waits any more when the server is ending already.
        let _ = adopted.send(());
    }));
    adoption.await.context("finding what still runs")?;
    Ok(Running { backend, images, keys })
}

/// Deletes what transfers have brought that the end of the last server broke off.
async fn sweep(log: &Log, images: &Arc<ImageStore>) -> anyhow::Result<()> {
    let (handle, images) = (log.handle.clone(), Arc::clone(images));
    match tokio::task::spawn_blocking(move || sweep_images(&handle, &images)).await? {
        Ok(Swept { layers: 0, blobs: 0, .. }) => {}
        Ok(swept) => tracing::info!(?swept, "what broken transfers had left is deleted"),
        // It takes room and does no other harm.
        Err(error) => tracing::warn!(%error, "what broken transfers have left stays"),
    }
    Ok(())
}

/// Removes bridges of networks that the log does not know.
async fn sweep_bridges(log: &Log, local: &LocalBackend) {
    let world = log.handle.snapshot();
    let (made, pending) = (world.state.networks().iter(), world.state.work().networks());
    let known: Vec<_> = made.chain(pending).map(|kept| &*kept.network).collect();
    match local.sweep_bridges(&known).await {
        Ok(swept) if swept.is_empty() => {}
        Ok(swept) => tracing::info!(?swept, "bridges of networks that are not in the log are gone"),
        // They are in nobody's way, and `down` removes them.
        Err(error) => tracing::warn!(%error, "bridges of networks that are not in the log stay"),
    }
}

/// Removes what a stopped server left on the host.
pub(crate) fn down(arguments: &DownArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    if !data.exists() {
        return Ok(());
    }
    let data = data.canonicalize().with_context(|| format!("looking at {}", data.display()))?;
    let hub = rootless::enter(&data, &settings::shim()?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tear_down(&data, hub, Duration::ZERO))?;
    for tenant in settings::tenant_folders(&data)? {
        runtime.block_on(tear_down(&tenant, None, TENANT_END_LIMIT))?;
    }
    rootless::leave(&data)?;
    if arguments.delete_data {
        fs::remove_dir_all(&data).with_context(|| format!("deleting {}", data.display()))?;
        keys::delete_default(&data)?;
    }
    Ok(())
}

/// Ends what runs, as the owner of the log, and removes what containers share on the host.
///
/// How each container ended stays beside its log, so that the next server puts it on record.
///
/// A server that is about to end has so long for it.
async fn tear_down(data: &Path, hub: Option<PathBuf>, patience: Duration) -> anyhow::Result<()> {
    let journal = data.join(super::log::JOURNAL);
    if !journal.exists() {
        return Ok(());
    }
    let mut left = patience;
    let (owner, report) = loop {
        match RocksJournal::open(&journal, &Options::default()) {
            // The lock is the kernel's, which tells nobody that it is free.
            Err(OpenError::Locked { .. }) if !left.is_zero() => {
                sleep(LOCK_LOOK_INTERVAL).await;
                left = left.saturating_sub(LOCK_LOOK_INTERVAL);
            }
            opened => break opened.map_err(|error| super::log::open_error(&error, data))?,
        }
    };
    let options = LocalOptions { hub, ..LocalOptions::new(data, "", report.cluster) };
    LocalBackend::tear_down(&options).await.context("ending what runs")?;
    drop(owner);
    Ok(())
}
