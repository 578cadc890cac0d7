//! The backend as others see it.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use backends_core::{
    Backend, BackendInfo, Directories, DiskUsage, EffectError, ExecAttach, ExecIo, ExecWorkload,
    Found, Observation, ObservationSender, Output, ProbeOutcome, ProcessTable, RunId, Stdin,
    StoreMark, StreamError, Usage, Workload,
};
use backends_images::{ImageStore, Mark};
use journal_domain::{ContainerId, Digest, ExecId, Limits, Signal, TerminalSize};
use sandbox_shim::{Cgroups, Request, TerminalSize as ShimSize};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    LocalOptions,
    bridge::{Bridges, NetworkNamespace, PublishedPorts},
    config,
    disk_usage::disk_usage,
    errors::chain,
    exec::start_exec,
    exec_io::ExecStreams,
    files::COPIES_AT_ONCE,
    host::{Host, PrepareError},
    info,
    layout::Layout,
    probe::{Probes, probe},
    registry::{Registry, Slot},
    run::{Holder, RunHandle, Surroundings},
    top,
    trace::Live,
    usage,
};

/// Runs containers on this host, each in a process of its own that outlives the server.
#[derive(Debug)]
pub struct LocalBackend {
    pub(crate) around: Arc<Surroundings>,
    pub(crate) registry: Registry,
    pub(crate) bridges: Bridges,
    pub(crate) images: Arc<ImageStore>,
    /// Places for copies of files.
    pub(crate) copies: Arc<Semaphore>,
    info: Arc<BackendInfo>,
}

/// Why the backend could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its directories could not be made.
    #[error("the data directory cannot be used")]
    Data(#[source] io::Error),
    /// The program that holds containers cannot be used, or the host not be prepared.
    #[error("containers cannot be run on this host: {0}")]
    Host(String),
}

// === impl LocalBackend ===

impl LocalBackend {
    /// Opens the backend, and finds out what the host can do.
    ///
    /// Containers of `images` run on layers of that store; what happens to them is sent to `observations`. Whatever
    /// runs already is found by [`list`](Backend::list).
    pub async fn open(
        options: LocalOptions,
        images: Arc<ImageStore>,
        observations: ObservationSender,
    ) -> Result<Self, OpenError> {
        let (host, layout, ports, bridges) = spawn_blocking(move || {
            let layout = Layout::create(&options.data).map_err(OpenError::Data)?;
            let host = Host::prepare(&options, &layout)
                .map_err(|error: PrepareError| OpenError::Host(chain(&error)))?;
            let hub = NetworkNamespace::open(host.hub.as_deref())
                .map_err(|error| OpenError::Host(chain(&error)))?;
            let ports = Arc::new(PublishedPorts::new(options.bridge.clone(), hub.clone()));
            let bridges = Bridges::new(options.bridge, hub, Arc::clone(&ports));
            Ok::<_, OpenError>((host, layout, ports, bridges))
        })
        .await
        .map_err(|error| OpenError::Host(error.to_string()))??;
        let info = Arc::new(info::info(&host, &layout, &bridges.hub));
        let streams = Arc::new(ExecStreams::default());
        let around = Arc::new(Surroundings {
            host,
            layout,
            observations,
            streams,
            ports,
            probes: Probes::default(),
            names: std::sync::Mutex::default(),
        });
        let registry = Registry::default();
        let copies = Arc::new(Semaphore::new(COPIES_AT_ONCE));
        Ok(Self { around, registry, bridges, images, copies, info })
    }

    /// Holds a live run from now on. Nothing of it is reported before the holder is set to work.
    pub(crate) fn hold(&self, run: RunId, slot: &Slot, live: Live) -> Holder {
        let (holder, handle) = Holder::new(run, slot, &self.around, live.connection, live.process);
        slot.hold(Arc::new(handle));
        holder
    }

    pub(crate) async fn report(&self, observation: Observation) {
        // Without a receiver the server is ending; the next one finds all of it again.
        let _ = self.around.observations.send(observation).await;
    }

    fn held(&self, run: RunId) -> Result<Arc<RunHandle>, EffectError> {
        self.registry.run(run.container).filter(|held| held.run == run).ok_or(EffectError::Gone)
    }
}

#[async_trait]
impl Backend for LocalBackend {
    fn info(&self) -> Arc<BackendInfo> {
        Arc::clone(&self.info)
    }

    async fn start(&self, workload: &Workload) -> Result<(), EffectError> {
        self.start_run(workload).await;
        Ok(())
    }

    async fn signal(&self, run: RunId, number: u32, signal: Signal) -> Result<(), EffectError> {
        let request = Request::Signal { n: number.into(), signal: signal.number().into() };
        self.held(run)?.call(request).await?;
        Ok(())
    }

    async fn resize(&self, run: RunId, size: TerminalSize) -> Result<(), EffectError> {
        self.held(run)?.call(Request::Resize(shim_size(size))).await?;
        Ok(())
    }

    async fn freeze(&self, run: RunId, frozen: bool) -> Result<(), EffectError> {
        if self.around.host.cgroups == Cgroups::Absent {
            let reason = "pausing needs control groups, and this server can make none on its host";
            return Err(EffectError::Unsupported(reason.to_owned()));
        }
        let request = if frozen { Request::Pause } else { Request::Unpause };
        self.held(run)?.call(request).await?;
        Ok(())
    }

    async fn update(&self, run: RunId, limits: &Limits) -> Result<(), EffectError> {
        let resources = Box::new(config::resources(limits));
        self.held(run)?.call(Request::Update(resources)).await?;
        Ok(())
    }

    async fn start_exec(&self, exec: &ExecWorkload) -> Result<(), EffectError> {
        start_exec(&self.around, &self.registry, exec).await;
        Ok(())
    }

    async fn probe(
        &self,
        exec: &ExecWorkload,
        timeout: Duration,
    ) -> Result<ProbeOutcome, EffectError> {
        let run = self.held(exec.run)?;
        probe(&self.around, &run, exec, timeout).await
    }

    async fn resize_exec(
        &self,
        run: RunId,
        exec: ExecId,
        size: TerminalSize,
    ) -> Result<(), EffectError> {
        let request = Request::ExecResize { exec_id: exec.to_string(), size: shim_size(size) };
        self.held(run)?.call(request).await?;
        Ok(())
    }

    async fn remove(&self, container: ContainerId) -> Result<(), EffectError> {
        self.remove_container(container).await
    }

    fn mark(&self) -> StoreMark {
        StoreMark(self.images.mark().number())
    }

    async fn drop_unreferenced(
        &self,
        digests: &[Digest],
        mark: StoreMark,
    ) -> Result<Vec<Digest>, EffectError> {
        self.drop_unused(digests, Mark::from_number(mark.0)).await
    }

    async fn list(&self) -> Result<Vec<Found>, EffectError> {
        self.find_all().await
    }

    fn output(&self, container: ContainerId) -> Result<Output, StreamError> {
        self.open_output(container)
    }

    async fn stdin(&self, run: RunId) -> Result<Stdin, StreamError> {
        self.open_stdin(run).await
    }

    fn prepare_exec_io(&self, exec: ExecId, attach: ExecAttach) -> Result<(), StreamError> {
        self.around.streams.prepare(exec, attach)
    }

    async fn exec_io(&self, exec: ExecId) -> Result<ExecIo, StreamError> {
        self.around.streams.take(exec)
    }

    fn directories(&self, layers: &[Digest], run: Option<RunId>) -> Option<Directories> {
        Some(self.name_directories(layers, run))
    }

    async fn usage(&self, run: RunId) -> Result<Usage, EffectError> {
        let held = self.held(run)?;
        let around = Arc::clone(&self.around);
        blocking(move || usage::usage(&around, run.container, held.pid)).await
    }

    async fn processes(
        &self,
        run: RunId,
        arguments: &[String],
    ) -> Result<ProcessTable, EffectError> {
        let held = self.held(run)?;
        let (around, arguments) = (Arc::clone(&self.around), arguments.to_vec());
        blocking(move || {
            let pids = usage::pids(&around, run.container, held.pid)?;
            top::processes(&pids, &arguments)
        })
        .await
    }

    async fn disk_usage(&self, container: ContainerId) -> Result<DiskUsage, EffectError> {
        let upper = self.around.layout.upper(container);
        let measured = spawn_blocking(move || disk_usage(&upper)).await;
        let failed = |error: &dyn std::error::Error| EffectError::Failed(chain(error));
        let writable_bytes =
            measured.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
        Ok(DiskUsage { writable_bytes })
    }
}

/// Does what waits for the kernel on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EffectError> + Send + 'static,
) -> Result<T, EffectError> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(EffectError::Failed(error.to_string())),
    }
}

const fn shim_size(size: TerminalSize) -> ShimSize {
    ShimSize { height: size.rows, width: size.columns }
}
