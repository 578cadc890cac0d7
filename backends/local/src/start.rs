//! Starting a run, once.
//!
//! What the run's directory holds decides: a shim that lives or a record of an end is reported as it is, and only
//! where there is neither is a shim started. So a start that is repeated, also by another server, starts nothing twice.

use std::{
    error::Error,
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
    time::Duration,
};

use backends_core::{EndpointWork, Observation, RunId, StartError, Workload};
use journal_domain::NetworkMode;
use sandbox_shim::{RunDir, StartRecord, StartReport};
use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    LocalBackend,
    config::{self, BOUND_FILES, HostFiles, Mtus, Place},
    connection::Connection,
    errors::chain,
    record,
    registry::Slot,
    run::Surroundings,
    shim::{ReportError, ShimProcess, Spawned, is_held, last_complaint, read_report},
    trace::{Live, Trace, trace},
    volumes,
    wipe::wipe,
};

/// The longest wait for a shim's report, or for the shim of the run before to go.
///
/// Either takes milliseconds; two minutes are a host in great distress.
const SHIM_MAX: Duration = Duration::from_secs(120);

/// Bytes of a bound file that another container is given. The container whose it is may have written into it.
const BOUND_FILE_BYTES_MAX: u64 = 256 * 1024;

/// What a run is made of, beside its specification.
struct Parts {
    /// The image's layers, the topmost first.
    layers: Vec<PathBuf>,
    mtus: Mtus,
    /// The files of the container whose network it shares.
    shared_files: Option<Vec<String>>,
}

// === impl LocalBackend ===

impl LocalBackend {
    /// Starts a run and reports what became of it.
    pub(crate) async fn start_run(&self, workload: &Workload) {
        let run = workload.run;
        if let Err(error) = self.try_start(workload).await {
            // A bridge may have been taken away by hand; the next start makes it anew.
            self.bridges.forget();
            self.report(Observation::StartFailed { run, error }).await;
        }
    }

    /// Starts it; an error is one that has not been reported.
    async fn try_start(&self, workload: &Workload) -> Result<(), StartError> {
        let run = workload.run;
        let slot = self.registry.slot(run.container);
        if let Some(held) = slot.run() {
            if held.run == run && held.runs() {
                let (pid, started_at, ports) = (held.pid, held.started_at, held.ports.clone());
                self.report(Observation::Started { run, pid, started_at, ports }).await;
                return Ok(());
            }
            // The last run's shim may still be cleaning up what the next one makes anew.
            timeout(SHIM_MAX, held.gone())
                .await
                .map_err(|_| refused("the container's last run is still being cleaned up"))?;
        }
        // A run mounts anew what copies look at.
        let _closed = slot.gate.close().await;
        let dir = self.around.layout.run(run);
        let mut found = Trace::Nothing;
        if dir.path().exists() {
            found = trace(run, &dir).await.map_err(failed)?;
        }
        if matches!(found, Trace::Nothing) {
            let parts = self.parts(workload).await?;
            let process = self.spawn(workload, parts).await?;
            found = self.find_started(run, process).await?;
        }
        self.report_found(run, &slot, found).await;
        Ok(())
    }

    async fn parts(&self, workload: &Workload) -> Result<Parts, StartError> {
        let layers = self.layer_dirs(&workload.spec.layers)?;
        let mut mtus = Mtus::new();
        let bridged = |one: &&EndpointWork| !one.network.interface.is_empty();
        for endpoint in workload.endpoints.iter().filter(bridged) {
            let mtu_bytes = self.bridges.ensure(&endpoint.network).await.map_err(failed)?;
            mtus.insert(endpoint.network.id, mtu_bytes);
        }
        // Published ports of all networks are led by the default bridge's table.
        let publishing = workload.options.as_ref().is_some_and(|all| all.publishing.is_some());
        if let Some(bridge) = workload.bridge.as_ref().filter(|_| publishing && !mtus.is_empty()) {
            self.bridges.ensure_default(bridge).await.map_err(failed)?;
        }
        let is_shared = workload.spec.network == NetworkMode::Container;
        let shared_files = is_shared.then(|| self.shared_files(workload)).transpose()?;
        Ok(Parts { layers, mtus, shared_files })
    }

    /// Reads the files of the run whose network another one shares.
    fn shared_files(&self, workload: &Workload) -> Result<Vec<String>, StartError> {
        let target = config::shared_network(workload)?;
        let lives = |other: &&RunId| {
            let held = self.registry.run(other.container);
            held.is_some_and(|held| held.run == **other && held.runs())
        };
        let other = workload.peers.get(target).filter(lives).ok_or_else(|| {
            refused(&format!("cannot join network of a non running container: {target}"))
        })?;
        read_bound(&self.around.layout.run(*other)).map_err(failed)
    }

    /// Starts a shim and waits until it has reported that the program runs.
    async fn spawn(&self, workload: &Workload, parts: Parts) -> Result<ShimProcess, StartError> {
        let (around, run) = (self.around.clone(), workload.run);
        let workload = workload.clone();
        let spawned = spawn_blocking(move || spawn(&around, &workload, parts))
            .await
            .map_err(|_| refused("the server is ending"))??;
        let mut process = ShimProcess::started(spawned.child).map_err(failed)?;
        let report = match timeout(SHIM_MAX, read_report(spawned.report)).await {
            Ok(Ok(StartReport::Started(_))) => return Ok(process),
            Ok(report) => report,
            Err(_) => Err(ReportError::Late),
        };
        if report.is_err() {
            process.kill();
        }
        process.gone().await;
        match report {
            Ok(StartReport::Failed(failure)) => {
                let message = failure.docker_text();
                Err(StartError { exit_code: failure.code.into(), message })
            }
            Ok(StartReport::Started(_)) => Ok(process),
            Err(error) => Err(self.unreported(run, &error).await),
        }
    }

    /// Clears up after a shim that said nothing, and gives the reason with its last words.
    async fn unreported(&self, run: RunId, error: &ReportError) -> StartError {
        let around = self.around.clone();
        let swept = spawn_blocking(move || around.host.sweep(&around.layout, run.container)).await;
        if let Ok(Err(error)) = swept {
            tracing::error!(%run, error = chain(&error), "what a shim left running may still run");
        }
        let mut message = chain(error);
        if let Some(complaint) = last_complaint(self.around.layout.run(run).path()) {
            message = format!("{message}: {complaint}");
        }
        StartError { exit_code: 128, message }
    }

    /// Connects to a shim that has reported a start; its container may have ended since.
    async fn find_started(
        &self,
        run: RunId,
        mut process: ShimProcess,
    ) -> Result<Trace, StartError> {
        let dir = self.around.layout.run(run);
        if let Ok(connection) = Connection::open(&dir).await {
            return Ok(Trace::Live(Box::new(Live { connection, process })));
        }
        let mut found = trace(run, &dir).await.map_err(failed)?;
        match &mut found {
            // This one collects the process once it is gone.
            Trace::Live(live) => live.process = process,
            Trace::Nothing | Trace::Ended { .. } | Trace::Lost { .. } => process.gone().await,
        }
        Ok(found)
    }

    /// Reports what there is of a run, its start before its end. One that lives is held from now on.
    async fn report_found(&self, run: RunId, slot: &Slot, found: Trace) {
        let started = |start: StartRecord| Observation::Started {
            run,
            pid: start.pid,
            started_at: record::timestamp(start.started_at_nanos),
            ports: record::bound_ports(&start.ports),
        };
        let (start, end) = match found {
            Trace::Live(live) => {
                let start = live.connection.state.start.clone();
                self.around.ports.publish(run, &start.ports).await;
                let holder = self.hold(run, slot, *live);
                self.report(started(start)).await;
                tokio::spawn(holder.hold());
                self.serve_names(run).await;
                return;
            }
            Trace::Ended { start, exit } => {
                (start.filter(|_| exit.failure.is_none()), record::ended(run, &exit))
            }
            Trace::Lost { start } => (start, record::lost(run, &self.around.layout.run(run))),
            Trace::Nothing => (None, record::lost(run, &self.around.layout.run(run))),
        };
        // Whoever reads since before the start has not been told of anything yet.
        slot.output_grew();
        if let Some(start) = start {
            self.report(started(start)).await;
        }
        self.report(end).await;
    }
}

/// Makes the directories and starts the shim. Blocks for a millisecond.
fn spawn(around: &Surroundings, workload: &Workload, parts: Parts) -> Result<Spawned, StartError> {
    let layout = &around.layout;
    if remove_runs(around, workload.run).map_err(failed)? {
        // A shim that was killed has left its control groups.
        around.host.sweep(layout, workload.run.container).map_err(failed)?;
    }
    layout.make_run(workload.run).map_err(failed)?;
    let asked = workload.options.as_ref().and_then(|options| options.cgroup_parent.as_deref());
    let placed = asked.map(|path| around.host.place(layout, workload.run.container, path));
    let placed = placed.transpose().map_err(failed)?;
    if let Some(options) = &workload.options {
        volumes::prepare(layout, &options.mount_points)?;
    }
    let files = HostFiles::read();
    let place = Place {
        layout,
        cgroups: placed.as_ref().unwrap_or(&around.host.cgroups),
        hub: around.host.hub.as_deref(),
        wasm: around.host.wasm.as_deref(),
        layers: parts.layers,
        files: &files,
        mtus: parts.mtus,
        shared_files: parts.shared_files,
    };
    let config = config::container(workload, place)?;
    around.host.shim.spawn(&config).map_err(failed)
}

/// Reads the files that a run was given, as they are now.
fn read_bound(dir: &RunDir) -> io::Result<Vec<String>> {
    (0..BOUND_FILES.len())
        .map(|number| {
            let file = File::open(dir.files().join(number.to_string()))?;
            let mut text = String::new();
            file.take(BOUND_FILE_BYTES_MAX).read_to_string(&mut text)?;
            Ok(text)
        })
        .collect()
}

/// Removes what runs before have left, and what is left of a start that was cut short: only the last run's records are
/// kept, and a shim wants a directory of its own. Tells whether there was anything.
fn remove_runs(around: &Surroundings, run: RunId) -> io::Result<bool> {
    let left = around.layout.incarnations(run.container)?;
    for &incarnation in &left {
        let dir = around.layout.run(RunId { incarnation, ..run });
        if incarnation > run.incarnation || is_held(&dir)? {
            return Err(io::Error::other(format!("run {incarnation} of the container is there")));
        }
        wipe(dir.path())?;
    }
    Ok(!left.is_empty())
}

fn refused(message: &str) -> StartError {
    StartError { exit_code: 128, message: message.to_owned() }
}

fn failed(error: impl Error + 'static) -> StartError {
    refused(&chain(&error))
}
