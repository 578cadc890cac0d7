//! The wiring: journal, engine, backend, reconciler, API; and the order in which they begin and end.

mod api;
mod audit;
mod backend;
mod forward;
mod keys;
mod log;
mod looked_at;
mod numbers;
mod offline;
mod page;
mod policy;
mod pools;
mod read_only;
mod retain;
mod room;
mod rootless;
mod tenants;
mod upkeep;

use std::{
    fs,
    os::{
        fd::AsFd as _,
        unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use api_docker::Gate;
use api_ops::{AuditDoor, Metrics, PageDoor, Readiness, Stage};
use projector_engine::{Clock, SystemClock};
use tokio::{
    io::AsyncReadExt as _,
    net::unix::pipe::Receiver,
    signal::unix::{Signal, SignalKind, signal},
};

use self::{room::Room, tenants::Tenants};
use crate::{cli::ServeArguments, exit, logging, settings::Settings, version::VERSION};

pub(crate) use self::{
    api::READS,
    backend::down,
    keys::KEYS,
    log::{Beginning, JOURNAL, SNAPSHOTS, boot_id, host_name, open_error},
    offline::Offline,
    upkeep::copy,
};

/// How long calls in progress may take to finish when the server is asked to end.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Serves until it is asked to end.
pub(crate) fn serve(arguments: ServeArguments) -> anyhow::Result<()> {
    let settings = Settings::resolve(arguments)?;
    logging::start(settings.log_format, &settings.log)?;
    let hub = match settings.read_only_at {
        Some(_) => None,
        None => {
            make_data_dir(&settings.data)?;
            rootless::enter(&settings.data, &settings.shim)?
        }
    };
    anyhow::ensure!(
        hub.is_none() || settings.tenants.is_empty(),
        "tenants need a server that root runs: each has networks of its own on the host"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("sockerless")
        .build()
        .context("starting the threads")?;
    match settings.read_only_at {
        Some(at) => runtime.block_on(read_only::run(settings, at))?,
        None => runtime.block_on(run(settings, hub))?,
    }
    exit::at_once(exit::WELL)
}

/// Runs the server; its bridges are in the network `hub`, where that is not its own.
async fn run(settings: Settings, hub: Option<PathBuf>) -> anyhow::Result<()> {
    let readiness = Readiness::new();
    let metrics = Arc::new(Metrics::new()?);
    let mut tenants = Tenants::of(&settings, &metrics)?;
    let doors = api::Doors {
        audit: AuditDoor::default(),
        page: PageDoor::default(),
        tenants: tenants.doors(),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let operations = api::operations(&settings, &metrics, &readiness, &doors, &clock).await?;
    // The marks apply before the first append: where the disk is full, its record needs the room of the ballast.
    let gate = Gate::open();
    let room = Room::enter(&settings, &gate, &readiness, &metrics)?;
    // The replay is work for a thread of its own: health is answered meanwhile.
    let (data, engine_clock) = (settings.data.clone(), Arc::clone(&clock));
    let beginning = Beginning { has_no_witness: settings.rebuild_witness, told: Vec::new() };
    let (log, upkeep) =
        tokio::task::spawn_blocking(move || log::open(&data, engine_clock, beginning)).await??;
    numbers::add(&metrics, &log)?;
    tokio::spawn(room.watch());
    readiness.enter(Stage::Adopting);
    let backend = backend::start(&settings, hub, &log, &metrics).await?;
    pools::configure(&log, &settings.pools).await?;
    let sealing = audit::start(&settings, &log, &doors.audit).await?;
    let upkeep = upkeep::of_server(&settings, &log, upkeep, &backend, &sealing);
    if let Some(retain) = settings.retain {
        tokio::spawn(retain::keep(Arc::clone(&upkeep), retain));
    }
    // From the first answer on, being asked to end means to seal the log first.
    let mut signals = Signals::listen(settings.tenant.is_some())?;
    let page = page::address(operations.as_ref());
    let more = [page, api_ops::maintenance(upkeep)];
    let control =
        api::control(&settings.data, &log, &doors.audit, Arc::clone(&clock), more).await?;
    tenants.start();
    let served = api::Served { gate, metrics, page: doors.page, tenants: doors.tenants };
    let docker = api::docker(&settings, &log, &backend, clock, served).await?;
    readiness.enter(Stage::Ready);
    for address in docker.addresses() {
        tracing::info!(%address, version = VERSION, "the Docker Engine API is served");
    }
    signals.asked_to_end(&log).await;
    readiness.enter(Stage::Stopping);
    tracing::info!("ending; containers go on");
    docker.stop(STOP_GRACE).await;
    tenants.stop().await;
    control.stop(STOP_GRACE).await;
    if let Some(operations) = operations {
        operations.stop(STOP_GRACE).await;
    }
    sealing.seal().await;
    log.handle.stop();
    log.handle.ended().await;
    Ok(())
}

/// Makes the data directory where it is missing, for its owner alone, so that it is there after a power cut.
fn make_data_dir(data: &Path) -> anyhow::Result<()> {
    let shown = data.display();
    let missing = data.ancestors().take_while(|folder| !folder.exists()).count();
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("making the data directory {shown}"))?;
    for above in data.ancestors().skip(1).take(missing) {
        // A relative path begins in the working directory.
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        let synced = fs::File::open(above).and_then(|folder| folder.sync_all());
        synced.with_context(|| format!("syncing {}", above.display()))?;
    }
    let metadata = fs::metadata(data).with_context(|| format!("looking at {shown}"))?;
    let mut permissions = metadata.permissions();
    if permissions.mode() & 0o777 == 0o700 {
        return Ok(());
    }
    // Layers hold set-user-id programs: nobody else may reach them.
    permissions.set_mode(0o700);
    fs::set_permissions(data, permissions).with_context(|| format!("closing {shown} to others"))
}

/// What asks a server to end. Before it is listened to, a signal ends the process as a kill does.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// The standard input, where the server in front holds the other end.
    front: Option<Receiver>,
}

impl Signals {
    fn listen(has_front: bool) -> std::io::Result<Self> {
        let front = || Receiver::from_owned_fd(std::io::stdin().as_fd().try_clone_to_owned()?);
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            front: has_front.then(front).transpose()?,
        })
    }

    /// Waits for SIGTERM or SIGINT, for the end of the server in front, or for that of the engine.
    async fn asked_to_end(&mut self, log: &log::Log) {
        let front_is_gone = async {
            match &mut self.front {
                // Nothing is ever written to it.
                Some(front) => drop(front.read(&mut [0]).await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = front_is_gone => {}
            () = log.handle.ended() => {}
        }
    }
}
