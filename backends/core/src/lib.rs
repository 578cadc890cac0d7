//! What a place that runs containers has to offer, and what it reports.
//!
//! [`Backend`] has two halves. The control half changes something; only the reconciler calls it, with effects
//! that carry their identity, so that doing one twice is doing it once. The data half moves bytes, [`Files`] among it;
//! request handlers call it. What becomes of an effect comes back as an [`Observation`], in the order in which it
//! happened.
//!
//! [`FakeBackend`] is a backend for tests: it runs nothing.
//!
//! A backend never decides: it has no state that the log does not have, but for what runs.

mod backend;
mod effect;
mod fake;
mod files;
mod identity;
mod layers;
mod networks;
mod observation;
mod streams;
mod usage;
mod volumes;
mod workload;

pub use backend::{
    Backend, BackendComponent, BackendInfo, BackendRuntime, BoundFiles, Directories, DiskUsage,
    StoreMark, Sweeps,
};
pub use effect::{EffectError, StartError};
pub use fake::{FakeBackend, FakeClock, FakeCopy, Outage};
pub use files::{
    ArchiveStream, Files, FilesError, FilesOf, PathStat, UploadStream, WriteFiles, WriteOptions,
    Written,
};
pub use identity::EffectId;
pub use layers::{Draft, FileChange, FileChangeKind, Layers, Shown, StoreLease, Taking};
pub use networks::{EndpointWork, Names, Networks, WireChange, WireWork};
pub use observation::{
    Found, FoundExec, FoundRun, Observation, ObservationReceiver, ObservationSender, observations,
};
pub use streams::{ExecAttach, ExecIo, ExecOutput, Output, Stdin, StreamError};
pub use usage::{
    BlockIo, CpuUsage, MemoryUsage, NetworkUsage, PidsUsage, ProcessTable, Traffic, Usage,
};
pub use volumes::{VolumeCopy, VolumeWork, Volumes};
pub use workload::{ExecWorkload, Follower, ProbeOutcome, RunId, Workload};
