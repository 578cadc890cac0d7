//! The backend of a server that only looks: containers' kept output can be read, and nothing else is there.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use backends_core::{
    ArchiveStream, Backend, BackendInfo, Directories, DiskUsage, Draft, EffectError, ExecAttach,
    ExecIo, ExecWorkload, FileChange, Files, FilesError, FilesOf, Found, Layers, Names, Networks,
    Output, PathStat, ProbeOutcome, ProcessTable, RunId, Shown, Stdin, StoreLease, StoreMark,
    StreamError, Taking, Usage, VolumeWork, Volumes, WireWork, Workload, WriteFiles, WriteOptions,
};
use backends_logs::LogReader;
use journal_domain::{
    ContainerId, Digest, ExecId, Layer, Limits, Network, Signal, Subnet, TerminalSize, VolumeName,
};
use tokio::sync::watch;

/// What whoever asks for more is told.
const REASON: &str = "this server is read-only and holds no containers";

/// A backend that only gives what is kept.
#[derive(Debug)]
pub(super) struct LookedAt {
    logs: PathBuf,
    info: Arc<BackendInfo>,
    grown: watch::Sender<u64>,
}

// === impl LookedAt ===

impl LookedAt {
    /// Looks into a data directory.
    pub(super) fn new(data: &Path) -> Self {
        let root = data.display().to_string();
        let info = Arc::new(BackendInfo { name: "none", root, ..BackendInfo::default() });
        Self { logs: data.join("logs"), info, grown: watch::Sender::new(0) }
    }
}

#[async_trait]
impl Backend for LookedAt {
    fn info(&self) -> Arc<BackendInfo> {
        Arc::clone(&self.info)
    }

    async fn start(&self, _workload: &Workload) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn signal(&self, _run: RunId, _number: u32, _signal: Signal) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn resize(&self, _run: RunId, _size: TerminalSize) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn update(&self, _run: RunId, _limits: &Limits) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn start_exec(&self, _exec: &ExecWorkload) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn probe(
        &self,
        _workload: &ExecWorkload,
        _timeout: Duration,
    ) -> Result<ProbeOutcome, EffectError> {
        Err(refused())
    }

    async fn resize_exec(
        &self,
        _run: RunId,
        _exec: ExecId,
        _size: TerminalSize,
    ) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn remove(&self, _container: ContainerId) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn freeze(&self, _run: RunId, _frozen: bool) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn usage(&self, _run: RunId) -> Result<Usage, EffectError> {
        Err(refused())
    }

    async fn processes(
        &self,
        _run: RunId,
        _arguments: &[String],
    ) -> Result<ProcessTable, EffectError> {
        Err(refused())
    }

    fn mark(&self) -> StoreMark {
        StoreMark::default()
    }

    async fn drop_unreferenced(
        &self,
        _digests: &[Digest],
        _mark: StoreMark,
    ) -> Result<Vec<Digest>, EffectError> {
        Err(refused())
    }

    async fn list(&self) -> Result<Vec<Found>, EffectError> {
        Ok(Vec::new())
    }

    fn output(&self, container: ContainerId) -> Result<Output, StreamError> {
        let folder = self.logs.join(container.to_string());
        let reader = LogReader::open(&folder)
            .map_err(|error| StreamError::Absent(format!("no output is kept: {error}")))?;
        Ok(Output { reader, grown: self.grown.subscribe() })
    }

    async fn stdin(&self, _run: RunId) -> Result<Stdin, StreamError> {
        Err(absent())
    }

    fn prepare_exec_io(&self, _exec: ExecId, _attach: ExecAttach) -> Result<(), StreamError> {
        Err(absent())
    }

    async fn exec_io(&self, _exec: ExecId) -> Result<ExecIo, StreamError> {
        Err(absent())
    }

    fn directories(&self, _layers: &[Digest], _run: Option<RunId>) -> Option<Directories> {
        None
    }

    async fn disk_usage(&self, _container: ContainerId) -> Result<DiskUsage, EffectError> {
        Err(refused())
    }
}

#[async_trait]
impl Files for LookedAt {
    async fn stat_path(&self, _files: &FilesOf, _path: &str) -> Result<PathStat, FilesError> {
        Err(no_files())
    }

    async fn read_path(
        &self,
        _files: &FilesOf,
        _path: &str,
    ) -> Result<(PathStat, ArchiveStream), FilesError> {
        Err(no_files())
    }

    async fn export(&self, _files: &FilesOf) -> Result<ArchiveStream, FilesError> {
        Err(no_files())
    }

    async fn write_path(
        &self,
        _files: &FilesOf,
        _path: &str,
        _options: WriteOptions,
    ) -> Result<Box<dyn WriteFiles>, FilesError> {
        Err(FilesError::ReadOnly)
    }
}

#[async_trait]
impl Layers for LookedAt {
    async fn changes(&self, _files: &FilesOf) -> Result<Vec<FileChange>, FilesError> {
        Err(no_files())
    }

    async fn take_changes(
        &self,
        _files: &FilesOf,
        _lease: StoreLease,
        _taking: Taking,
    ) -> Result<Option<Layer>, FilesError> {
        Err(no_files())
    }

    async fn show(&self, _layers: &[Digest]) -> Result<Box<dyn Shown>, FilesError> {
        Err(no_files())
    }

    async fn draft(
        &self,
        _layers: &[Digest],
        _lease: StoreLease,
    ) -> Result<Box<dyn Draft>, FilesError> {
        Err(no_files())
    }
}

#[async_trait]
impl Volumes for LookedAt {
    async fn make_volume(&self, _work: &VolumeWork) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn remove_volume(&self, _name: &VolumeName) -> Result<(), EffectError> {
        Err(refused())
    }

    fn volume_path(&self, name: &VolumeName) -> Option<String> {
        Some(format!("{}/volumes/{name}/_data", self.info.root))
    }

    async fn volume_usage(&self, _name: &VolumeName) -> Result<DiskUsage, EffectError> {
        Err(refused())
    }

    async fn has_host_path(&self, _path: &str) -> bool {
        false
    }
}

#[async_trait]
impl Networks for LookedAt {
    async fn make_network(&self, _network: &Network) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn remove_network(&self, _network: &Network) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn wire(&self, _work: &WireWork) -> Result<(), EffectError> {
        Err(refused())
    }

    async fn reached(&self) -> Result<Vec<Subnet>, EffectError> {
        Err(refused())
    }

    fn use_names(&self, _names: Arc<dyn Names>) {}
}

fn refused() -> EffectError {
    EffectError::Unsupported(REASON.to_owned())
}

fn no_files() -> FilesError {
    FilesError::Failed(REASON.to_owned())
}

fn absent() -> StreamError {
    StreamError::Absent(REASON.to_owned())
}
