//! The trait.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use journal_domain::{ContainerId, Digest, ExecId, Limits, Signal, TerminalSize};

use crate::{
    EffectError, ExecAttach, ExecIo, ExecWorkload, Files, Found, Layers, Networks, Output,
    ProbeOutcome, ProcessTable, RunId, Stdin, StreamError, Usage, Volumes, Workload,
};

/// A place that runs containers.
///
/// - An effect has an identity ([`RunId`], a signal's number, an [`ExecId`]); doing it again, also after a
///   restart of the server, has no effect beyond the first.
/// - [`start`](Self::start) and [`start_exec`](Self::start_exec) return once their outcome has been sent as
///   an [`Observation`](crate::Observation); the end of a run or an exec is sent after its start.
/// - What runs goes on when the server ends; [`list`](Self::list) finds it again, and from then on its end is
///   observed.
/// - Nothing is invented: what a backend cannot do is an error that says so.
#[async_trait]
pub trait Backend: Files + Layers + Networks + Volumes + Send + Sync + 'static {
    /// Tells what the backend is, for `docker info`.
    fn info(&self) -> Arc<BackendInfo>;

    /// Starts a run.
    ///
    /// An error means that the outcome is not known, or that nothing was started; it is started again under the
    /// same identity.
    async fn start(&self, workload: &Workload) -> Result<(), EffectError>;

    /// Sends a run's signal, once for each `number`.
    async fn signal(&self, run: RunId, number: u32, signal: Signal) -> Result<(), EffectError>;

    /// Sets the size of a run's terminal.
    async fn resize(&self, run: RunId, size: TerminalSize) -> Result<(), EffectError>;

    /// Freezes all processes of a run where they are, or lets them go on.
    async fn freeze(&self, run: RunId, frozen: bool) -> Result<(), EffectError>;

    /// Gives a run these limits in place of those it has.
    async fn update(&self, run: RunId, limits: &Limits) -> Result<(), EffectError>;

    /// Starts an exec inside a run.
    async fn start_exec(&self, exec: &ExecWorkload) -> Result<(), EffectError>;

    /// Runs a program in a run to find out whether that is well, and tells what came of it; nothing else is reported of
    /// it. A program that takes longer than `timeout` is killed, and one that cannot be started is a bad result.
    async fn probe(
        &self,
        exec: &ExecWorkload,
        timeout: Duration,
    ) -> Result<ProbeOutcome, EffectError>;

    /// Sets the size of an exec's terminal.
    async fn resize_exec(
        &self,
        run: RunId,
        exec: ExecId,
        size: TerminalSize,
    ) -> Result<(), EffectError>;

    /// Removes all that is left of a container that does not run: its files, its output, its traces.
    async fn remove(&self, container: ContainerId) -> Result<(), EffectError>;

    /// Gives the present moment of the store of images, for a deletion that follows from a look at the state that
    /// comes after.
    fn mark(&self) -> StoreMark;

    /// Drops layers and configurations of images that nothing refers to; gives those that are gone.
    ///
    /// What is in use stays, and so does what a transfer has used since `mark`: it may refer to it by now, although
    /// the state that was looked at did not.
    async fn drop_unreferenced(
        &self,
        digests: &[Digest],
        mark: StoreMark,
    ) -> Result<Vec<Digest>, EffectError>;

    /// Finds every container that has left a trace here, and watches those that run.
    async fn list(&self) -> Result<Vec<Found>, EffectError>;

    /// Opens a container's kept output, from its first byte, also of a container that never ran.
    fn output(&self, container: ContainerId) -> Result<Output, StreamError>;

    /// Opens the standard input of a run.
    async fn stdin(&self, run: RunId) -> Result<Stdin, StreamError>;

    /// Prepares the streams of an exec that is about to be started, so that no byte is lost.
    fn prepare_exec_io(&self, exec: ExecId, attach: ExecAttach) -> Result<(), StreamError>;

    /// Takes the prepared streams of an exec that has started.
    async fn exec_io(&self, exec: ExecId) -> Result<ExecIo, StreamError>;

    /// Names the directories that the files of a run, or of an image where there is none, are in. `None` where they are in
    /// none of this host.
    fn directories(&self, layers: &[Digest], run: Option<RunId>) -> Option<Directories>;

    /// Measures what a run has used up to now.
    async fn usage(&self, run: RunId) -> Result<Usage, EffectError>;

    /// Lists the processes of a run as `ps` with these arguments shows them.
    async fn processes(
        &self,
        run: RunId,
        arguments: &[String],
    ) -> Result<ProcessTable, EffectError>;

    /// Measures what a container's own files take, in bytes.
    async fn disk_usage(&self, container: ContainerId) -> Result<DiskUsage, EffectError>;
}

/// A moment in the life of a backend's store of images, in numbers that only the backend understands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreMark(pub u64);

/// What a backend is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackendInfo {
    /// Its name, such as `local`.
    pub name: &'static str,
    /// How images and containers are stored, such as `overlay2`.
    pub storage_driver: &'static str,
    /// How limits are enforced, such as `cgroupfs`.
    pub cgroup_driver: &'static str,
    /// `1` or `2`; empty where there are no control groups.
    pub cgroup_version: &'static str,
    /// What it cannot do on this host, in sentences.
    pub warnings: Vec<String>,
    /// Confinement that is in force, in Docker's form, such as `name=seccomp,profile=builtin`.
    pub security_options: Vec<String>,
    /// Directory of its data.
    pub root: String,
    /// The programs that it runs containers with.
    pub components: Vec<BackendComponent>,
    /// What runs the programs of containers, by the names that clients give.
    pub runtimes: Vec<BackendRuntime>,
    /// The name of the one for containers that name none.
    pub default_runtime: &'static str,
    /// How what runs is listed again and again, where a report may get lost on its way; never where it cannot.
    pub sweeps: Option<Sweeps>,
}

/// How what runs on a backend is listed again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweeps {
    /// The pause between two lists.
    pub every: Duration,
    /// How long something has to be missing from the lists, or too much: twice the time by which one may be late.
    pub grace: Duration,
}

/// A program that a backend runs containers with, beside the server. It has the server's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendComponent {
    /// Its name, such as `sockerless-shim`.
    pub name: &'static str,
    /// What is known of it.
    pub details: Vec<(&'static str, String)>,
}

/// What runs the programs of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackendRuntime {
    /// Its name.
    pub name: &'static str,
    /// The program.
    pub program: &'static str,
}

/// Where files are on this host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directories {
    /// The layers' trees, the topmost first.
    pub layers: Vec<String>,
    /// What a container wrote; it is there once the container has run.
    pub upper: String,
    /// Where the overlay prepares what a container writes.
    pub work: String,
    /// What a run has in the place of files of its image.
    pub bound: BoundFiles,
}

/// The files that a run has over those of its image; empty for an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoundFiles {
    /// What it sees as `/etc/resolv.conf`.
    pub resolver: String,
    /// What it sees as `/etc/hostname`.
    pub hostname: String,
    /// What it sees as `/etc/hosts`.
    pub hosts: String,
}

/// What a container's files take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskUsage {
    /// Bytes of what the container wrote.
    pub writable_bytes: u64,
}
