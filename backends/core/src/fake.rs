//! A backend for tests: it runs nothing, and does what the test says.
//!
//! A run starts at once, unless its program is one that cannot be started, and goes on until the test ends it or a
//! signal does. Its output is kept as that of any backend; its input is kept for the test to look at. Nothing
//! depends on time: process ids are counted, and times come from the caller's clock.

mod exec;
mod files;
mod layers;
mod networks;
mod outage;
mod run;
mod stream;
mod volumes;
mod watched;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use backends_logs::{LogReader, Stream};
use journal_domain::{ContainerId, Digest, ExecId, Limits, Runtime, Signal, TerminalSize};
use journal_log::Timestamp;

use self::{
    exec::FakeExec,
    files::FakeFile,
    networks::FakeNetworks,
    outage::Line,
    run::{FakeRun, KeptOutput},
    stream::Collector,
    volumes::FakeVolumes,
};
pub use self::{files::FakeCopy, outage::Outage};
use crate::{
    Backend, BackendInfo, BackendRuntime, Directories, DiskUsage, EffectError, ExecAttach, ExecIo,
    ExecWorkload, Found, Observation, ObservationSender, Output, ProbeOutcome, ProcessTable, RunId,
    StartError, Stdin, StoreMark, StreamError, Sweeps, Usage, Workload,
};

/// Tells the time to a [`FakeBackend`].
pub type FakeClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A backend that runs nothing.
///
/// - `nosuch` as a program is not found (127), `/etc/passwd` cannot be run (126), and what
///   [`FakeBackend::refuse`] names cannot be started either.
/// - `SIGKILL` ends a run with 137; `SIGTERM` ends it with 143, unless [`FakeBackend::make_deaf`] was called.
///   Other signals are only noted.
pub struct FakeBackend {
    /// Itself, for what outlives a call.
    this: Weak<Self>,
    folder: PathBuf,
    observations: ObservationSender,
    clock: FakeClock,
    world: Mutex<World>,
}

/// What runs, and what was asked.
#[derive(Debug, Default)]
struct World {
    line: Line,
    sweeps: Option<Sweeps>,
    runs: BTreeMap<ContainerId, FakeRun>,
    outputs: BTreeMap<ContainerId, KeptOutput>,
    execs: BTreeMap<ExecId, FakeExec>,
    refused: BTreeMap<String, StartError>,
    deaf: BTreeSet<ContainerId>,
    written: BTreeMap<ContainerId, u64>,
    files: BTreeMap<(ContainerId, String), FakeFile>,
    copies: Vec<FakeCopy>,
    volumes: FakeVolumes,
    networks: FakeNetworks,
    removed: Vec<ContainerId>,
    dropped: Vec<Digest>,
    started: u32,
}

// === impl FakeBackend ===

impl FakeBackend {
    /// Makes a backend that keeps output in `folder` and reports into `observations`.
    pub fn new(folder: PathBuf, observations: ObservationSender, clock: FakeClock) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            folder,
            observations,
            clock,
            world: Mutex::default(),
        })
    }

    /// Ends a container's run with `exit_code`; false where none runs.
    pub async fn exit(&self, container: ContainerId, exit_code: i64) -> bool {
        let ended = self.world().runs.get_mut(&container).and_then(FakeRun::end);
        let Some(run) = ended else { return false };
        let report = self.end_report(run, exit_code);
        if let Some(run) = self.world().runs.get_mut(&container) {
            run.report = Some(report.clone());
        }
        self.report(report).await;
        true
    }

    /// Writes output of a container, as its program would.
    ///
    /// # Panics
    /// Where the log cannot be written.
    pub fn print(&self, container: ContainerId, stream: Stream, bytes: &[u8]) {
        let at = (self.clock)();
        self.world().output(&self.folder, container).append(stream, at, bytes);
    }

    /// Gives what clients have sent to a container's standard input, and whether it has ended.
    pub fn input(&self, container: ContainerId) -> (Vec<u8>, bool) {
        self.world().runs.get(&container).map(|run| run.input.so_far()).unwrap_or_default()
    }

    /// Has every start of `program` fail.
    pub fn refuse(&self, program: &str, error: StartError) {
        self.world().refused.insert(program.to_owned(), error);
    }

    /// Says that reports may get lost, and how what runs is listed.
    pub fn set_sweeps(&self, sweeps: Sweeps) {
        self.world().sweeps = Some(sweeps);
    }

    /// Counts the effects that were asked for, failed ones among them.
    pub fn calls(&self) -> u64 {
        self.world().line.calls
    }

    /// Lets a container and everything of it vanish, as if it was deleted by hand; nobody is told.
    pub fn lose(&self, container: ContainerId) {
        self.world().runs.remove(&container);
    }

    /// Has a container not hear `SIGTERM`.
    pub fn make_deaf(&self, container: ContainerId) {
        self.world().deaf.insert(container);
    }

    /// Says how many bytes a container has written.
    pub fn set_written(&self, container: ContainerId, bytes: u64) {
        self.world().written.insert(container, bytes);
    }

    /// Gives the signals that a container's last run was sent, in order.
    pub fn signals(&self, container: ContainerId) -> Vec<Signal> {
        self.world().runs.get(&container).map(|run| run.signals()).unwrap_or_default()
    }

    /// Gives the size of a container's terminal.
    pub fn size(&self, container: ContainerId) -> Option<TerminalSize> {
        self.world().runs.get(&container)?.size
    }

    /// Tells whether a container's processes are frozen.
    pub fn is_frozen(&self, container: ContainerId) -> bool {
        self.world().runs.get(&container).is_some_and(|run| run.frozen)
    }

    /// Gives what a container's last run was started as.
    pub fn workload(&self, container: ContainerId) -> Option<Workload> {
        Some(self.world().runs.get(&container)?.workload.clone())
    }

    /// Gives the containers that were removed, in order.
    pub fn removed(&self) -> Vec<ContainerId> {
        self.world().removed.clone()
    }

    /// Gives the layers and configurations that were dropped, in order.
    pub fn dropped(&self) -> Vec<Digest> {
        self.world().dropped.clone()
    }

    /// Writes output of an exec, as its program would; false where it does not run or nobody wants the stream.
    pub async fn print_exec(&self, exec: ExecId, stream: Stream, bytes: &[u8]) -> bool {
        let output = self.world().execs.get_mut(&exec).and_then(|exec| exec.take_output(stream));
        let Some(mut output) = output else { return false };
        let written = output.write(bytes).await;
        if let Some(exec) = self.world().execs.get_mut(&exec) {
            exec.put_output(stream, output);
        }
        written
    }

    /// Gives what a client has sent to an exec, and whether it has ended.
    pub fn exec_input(&self, exec: ExecId) -> (Vec<u8>, bool) {
        self.world().execs.get(&exec).map(|exec| exec.input.so_far()).unwrap_or_default()
    }

    /// Gives the size of an exec's terminal.
    pub fn exec_size(&self, exec: ExecId) -> Option<TerminalSize> {
        self.world().execs.get(&exec)?.size
    }

    /// Ends an exec with `exit_code`; false where it does not run.
    pub async fn exit_exec(&self, exec: ExecId, exit_code: i64) -> bool {
        if !self.world().execs.get_mut(&exec).is_some_and(FakeExec::end) {
            return false;
        }
        self.report(Observation::ExecExited { exec, exit_code, error: String::new() }).await;
        true
    }

    async fn report(&self, observation: Observation) {
        // Nobody listens where the test is over.
        let _ = self.observations.send(observation).await;
    }

    fn end_report(&self, run: RunId, exit_code: i64) -> Observation {
        let finished_at = (self.clock)();
        Observation::Exited { run, exit_code, oom_killed: false, finished_at, error: String::new() }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Backend for FakeBackend {
    fn info(&self) -> Arc<BackendInfo> {
        Arc::new(BackendInfo {
            name: "fake",
            storage_driver: "overlay2",
            cgroup_driver: "cgroupfs",
            cgroup_version: "2",
            warnings: Vec::new(),
            security_options: vec!["name=seccomp,profile=builtin".to_owned()],
            root: self.folder.display().to_string(),
            components: Vec::new(),
            runtimes: vec![
                BackendRuntime { name: Runtime::AUTO, program: "fake" },
                BackendRuntime { name: Runtime::Native.as_str(), program: "fake" },
            ],
            default_runtime: Runtime::AUTO,
            sweeps: self.world().sweeps,
        })
    }

    async fn start(&self, workload: &Workload) -> Result<(), EffectError> {
        let (outage, report) = {
            let mut world = self.world();
            let outage = world.line.call();
            let report =
                Outage::lets_happen(outage.as_ref()).then(|| world.start(workload, (self.clock)()));
            (outage, report)
        };
        Outage::answer(outage)?;
        if let Some(report) = report {
            self.report(report).await;
        }
        Ok(())
    }

    async fn signal(&self, run: RunId, number: u32, signal: Signal) -> Result<(), EffectError> {
        let exit_code = {
            let mut world = self.world();
            Outage::answer(world.line.call())?;
            let deaf = world.deaf.contains(&run.container);
            let held = world.runs.get_mut(&run.container).filter(|held| held.is(run));
            let held = held.ok_or(EffectError::Gone)?;
            if !held.note_signal(number, signal) {
                return Ok(());
            }
            match signal {
                Signal::KILL => Some(137),
                Signal::TERM if !deaf => Some(143),
                _ => None,
            }
        };
        if let Some(exit_code) = exit_code {
            self.exit(run.container, exit_code).await;
        }
        Ok(())
    }

    async fn resize(&self, run: RunId, size: TerminalSize) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        let held = world.runs.get_mut(&run.container).filter(|held| held.is(run));
        held.ok_or(EffectError::Gone)?.size = Some(size);
        Ok(())
    }

    async fn freeze(&self, run: RunId, frozen: bool) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        let held = world.runs.get_mut(&run.container).filter(|held| held.is(run));
        held.ok_or(EffectError::Gone)?.frozen = frozen;
        Ok(())
    }

    /// A run takes any limits but a memory of under a mebibyte.
    async fn update(&self, run: RunId, limits: &Limits) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        let held = world.runs.get_mut(&run.container).filter(|held| held.is(run));
        let held = held.ok_or(EffectError::Gone)?;
        if (1..1 << 20).contains(&limits.memory_bytes) {
            return Err(EffectError::Failed("too little memory".to_owned()));
        }
        Arc::make_mut(&mut held.workload.spec).limits.clone_from(limits);
        Ok(())
    }

    async fn start_exec(&self, exec: &ExecWorkload) -> Result<(), EffectError> {
        let id = exec.exec;
        let outcome = {
            let mut world = self.world();
            Outage::answer(world.line.call())?;
            world.start_exec(exec)
        };
        match outcome {
            None => {}
            Some(Ok(pid)) => self.report(Observation::ExecStarted { exec: id, pid }).await,
            Some(Err(error)) => self.report(Observation::ExecStartFailed { exec: id, error }).await,
        }
        Ok(())
    }

    async fn probe(
        &self,
        exec: &ExecWorkload,
        _timeout: Duration,
    ) -> Result<ProbeOutcome, EffectError> {
        self.world().probe(exec)
    }

    async fn resize_exec(
        &self,
        _run: RunId,
        exec: ExecId,
        size: TerminalSize,
    ) -> Result<(), EffectError> {
        let mut world = self.world();
        let held = world.execs.get_mut(&exec).filter(|held| held.is_running());
        held.ok_or(EffectError::Gone)?.size = Some(size);
        Ok(())
    }

    async fn remove(&self, container: ContainerId) -> Result<(), EffectError> {
        let mut world = self.world();
        Outage::answer(world.line.call())?;
        world.runs.remove(&container);
        world.outputs.remove(&container);
        world.written.remove(&container);
        world.removed.push(container);
        Ok(())
    }

    fn mark(&self) -> StoreMark {
        StoreMark::default()
    }

    async fn drop_unreferenced(
        &self,
        digests: &[Digest],
        _mark: StoreMark,
    ) -> Result<Vec<Digest>, EffectError> {
        self.world().dropped.extend(digests);
        Ok(digests.to_vec())
    }

    async fn list(&self) -> Result<Vec<Found>, EffectError> {
        let world = self.world();
        let found = world.runs.iter().map(|(container, run)| Found {
            container: *container,
            run: Some(run.found()),
            execs: Vec::new(),
            own: false,
        });
        Ok(found.collect())
    }

    fn output(&self, container: ContainerId) -> Result<Output, StreamError> {
        let mut world = self.world();
        let kept = world.output(&self.folder, container);
        let grown = kept.grown.subscribe();
        let reader = LogReader::open(&kept.folder).map_err(|error| StreamError::Io {
            what: "opening a container's output".to_owned(),
            source: std::io::Error::other(error),
        })?;
        Ok(Output { reader, grown })
    }

    async fn stdin(&self, run: RunId) -> Result<Stdin, StreamError> {
        let world = self.world();
        let held = world.runs.get(&run.container).filter(|held| held.is(run));
        let held = held.ok_or(StreamError::Gone)?;
        if !held.workload.spec.open_stdin {
            return Err(StreamError::Absent("there is no standard input".to_owned()));
        }
        let input = held.input.clone();
        let closed = input.clone();
        Ok(Stdin {
            writer: Box::pin(Collector::new(input)),
            close: Box::new(move || closed.close()),
        })
    }

    fn prepare_exec_io(&self, exec: ExecId, attach: ExecAttach) -> Result<(), StreamError> {
        self.world().execs.insert(exec, FakeExec::prepare(attach));
        Ok(())
    }

    async fn exec_io(&self, exec: ExecId) -> Result<ExecIo, StreamError> {
        let mut world = self.world();
        let io = world.execs.get_mut(&exec).and_then(FakeExec::take_io);
        io.ok_or(StreamError::Gone)
    }

    fn directories(&self, _layers: &[Digest], _run: Option<RunId>) -> Option<Directories> {
        None
    }

    async fn usage(&self, run: RunId) -> Result<Usage, EffectError> {
        self.world().usage(run)
    }

    async fn processes(
        &self,
        run: RunId,
        arguments: &[String],
    ) -> Result<ProcessTable, EffectError> {
        self.world().processes(run, arguments)
    }

    async fn disk_usage(&self, container: ContainerId) -> Result<DiskUsage, EffectError> {
        let writable_bytes = self.world().written.get(&container).copied().unwrap_or_default();
        Ok(DiskUsage { writable_bytes })
    }
}

#[cfg(test)]
mod tests;
