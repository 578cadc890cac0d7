//! What happened to containers.

use std::{sync::Arc, time::Duration};

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    BoundPort, ContainerId, ContainerKeyUsed, ContainerName, ContainerOption, ContainerSpec,
    EndpointId, EndpointLease, HealthStatus, KeyId, Limits, ProbeResult, RestartPolicy, Signal,
    StartQueued, StartWithdrawn, TerminalSize, registry::payloads,
};

payloads! {
    /// An event of a container.
    pub enum ContainerEvent {
        /// It is there.
        0x0201 v 1 => Created(ContainerCreated),
        /// It shall run.
        0x0202 v 1 => StartRequested(StartRequested),
        /// It runs.
        0x0203 v 1 => Started(ContainerStarted),
        /// It could not be started.
        0x0204 v 1 => StartFailed(ContainerStartFailed),
        /// Its main process ended.
        0x0205 v 1 => Exited(ContainerExited),
        /// It shall end, and be killed at a deadline.
        0x0206 v 1 => StopRequested(StopRequested),
        /// It shall run again once it has ended.
        0x0207 v 1 => RestartRequested(RestartRequested),
        /// A signal shall be sent.
        0x0208 v 1 => SignalRequested(SignalRequested),
        /// A signal was sent.
        0x0209 v 1 => SignalDelivered(SignalDelivered),
        /// The terminal shall have another size.
        0x020a v 1 => ResizeRequested(ResizeRequested),
        /// The terminal has another size.
        0x020b v 1 => Resized(ContainerResized),
        /// Its processes shall be frozen, or go on.
        0x0212 v 1 => FreezeRequested(FreezeRequested),
        /// Its processes are frozen, or go on.
        0x0213 v 1 => Frozen(ContainerFrozen),
        /// Its health shall be looked at.
        0x0214 v 1 => ProbeRequested(ProbeRequested),
        /// Its health was looked at.
        0x0215 v 1 => Probed(ContainerProbed),
        /// It shall have other limits.
        0x0216 v 1 => UpdateRequested(UpdateRequested),
        /// It has other limits, or cannot have them.
        0x0217 v 1 => Updated(ContainerUpdated),
        /// It has another name.
        0x020c v 1 => Renamed(ContainerRenamed),
        /// It shall go.
        0x020d v 1 => RemovalRequested(RemovalRequested),
        /// It is gone.
        0x020e v 1 => Removed(ContainerRemoved),
        /// It shall run again by itself, after a pause.
        0x0210 v 1 => RestartScheduled(RestartScheduled),
        /// It shall not run again by itself.
        0x0211 v 1 => RestartCancelled(RestartCancelled),
        /// It has options.
        0x0278 v 1 => OptionsSet(ContainerOptionsSet),
        /// Ports of the host lead to it.
        0x0279 v 1 => PortsBound(PortsBound),
        /// What it shall waits for a backend.
        0x02c1 v 1 => Delayed(ContainerDelayed),
        /// What was sealed for it cannot be read any more.
        0x02b1 v 1 => KeysDestroyed(KeysDestroyed),
        /// It is what a client's key stands for.
        0x02c2 v 1 => KeyUsed(ContainerKeyUsed),
        /// It shall run once its pool has room for it.
        0x0298 v 1 => StartQueued(StartQueued),
        /// It waited for its run, and does not run.
        0x0299 v 1 => StartWithdrawn(StartWithdrawn),
    }
}

/// A container is there; nothing runs yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerCreated {
    /// The container.
    pub id: ContainerId,
    /// Its name.
    pub name: ContainerName,
    /// What it shall be, the image's defaults merged in.
    pub spec: Arc<ContainerSpec>,
}

/// A run shall be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartRequested {
    /// The container.
    pub id: ContainerId,
    /// Its run, from 1; the identity of the effect is made of both.
    pub incarnation: u32,
    /// The address it gets, where its network has addresses.
    pub lease: Option<EndpointLease>,
}

/// A run has started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerStarted {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The main process on the host.
    pub pid: u32,
    /// When it started.
    pub started_at: Timestamp,
}

/// A run could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerStartFailed {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// 126, 127 or 128.
    pub exit_code: i64,
    /// The cause.
    pub message: String,
}

/// A run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerExited {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The exit status.
    pub exit_code: i64,
    /// Whether the kernel killed it for want of memory.
    pub oom_killed: bool,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What went wrong; empty where nothing did.
    pub error: String,
}

/// What a run shall waits: the backend could not do it, and tries again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerDelayed {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// Why.
    pub reason: String,
}

/// A run shall end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRequested {
    /// The container.
    pub id: ContainerId,
    /// When it is killed; never when absent.
    pub deadline: Option<Timestamp>,
}

/// A run shall follow the one that is ending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartRequested {
    /// The container.
    pub id: ContainerId,
    /// The identity of the next run's network attachment.
    pub endpoint: EndpointId,
}

/// A run shall follow the one that ended, as the container's policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartScheduled {
    /// The container.
    pub id: ContainerId,
    /// The run that ended.
    pub incarnation: u32,
    /// When the next one is due.
    pub at: Timestamp,
    /// The pause until then, which the next one is made of.
    pub pause: Duration,
    /// How many runs have followed one another so, the next one among them.
    pub count: u32,
}

/// The run that was to follow by itself does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartCancelled {
    /// The container.
    pub id: ContainerId,
}

/// A signal shall be sent to the main process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalRequested {
    /// The container.
    pub id: ContainerId,
    /// Which of the container's signals, from 1; it is sent once.
    pub number: u32,
    /// The signal.
    pub signal: Signal,
}

/// A signal was sent, or had nobody to go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalDelivered {
    /// The container.
    pub id: ContainerId,
    /// Which of the container's signals.
    pub number: u32,
    /// Why it could not be sent; empty where it was.
    pub error: String,
}

/// A terminal shall have another size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResizeRequested {
    /// The container.
    pub id: ContainerId,
    /// The size.
    pub size: TerminalSize,
}

/// A terminal has another size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerResized {
    /// The container.
    pub id: ContainerId,
    /// The size.
    pub size: TerminalSize,
    /// Why it could not be set; empty where it was.
    pub error: String,
}

/// The processes of a run shall be frozen, or go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeRequested {
    /// The container.
    pub id: ContainerId,
    /// Whether they shall be frozen.
    pub frozen: bool,
}

/// The processes of a run are frozen, or go on; or that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerFrozen {
    /// The container.
    pub id: ContainerId,
    /// Whether they were to be frozen.
    pub frozen: bool,
    /// Why it could not be done; empty where it was.
    pub error: String,
}

/// The health of a run shall be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRequested {
    /// The container.
    pub id: ContainerId,
    /// Which of the container's probes, from 1.
    pub number: u32,
}

/// The health of a run was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerProbed {
    /// The container.
    pub id: ContainerId,
    /// Which of the container's probes.
    pub number: u32,
    /// What came of it.
    pub result: ProbeResult,
    /// The container's health from now on.
    pub status: HealthStatus,
    /// How many probes in a row have failed.
    pub failing_streak: u32,
}

/// A run shall have other limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRequested {
    /// The container.
    pub id: ContainerId,
    /// All of its limits, as they shall be.
    pub limits: Box<Limits>,
}

/// A container has other limits or another policy; or it could not have them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerUpdated {
    /// The container.
    pub id: ContainerId,
    /// All of its limits from now on.
    pub limits: Box<Limits>,
    /// Its policy from now on.
    pub restart: Option<RestartPolicy>,
    /// Why the limits could not be changed; empty where they were.
    pub error: String,
}

/// A container has another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerRenamed {
    /// The container.
    pub id: ContainerId,
    /// The name it had.
    pub old_name: ContainerName,
    /// The name it has.
    pub name: ContainerName,
}

/// A container and what belongs to it shall go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalRequested {
    /// The container.
    pub id: ContainerId,
}

/// A container is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerRemoved {
    /// The container.
    pub id: ContainerId,
}

/// A container that was created has options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerOptionsSet {
    /// The container.
    pub id: ContainerId,
    /// The options; those of before are gone.
    pub options: Vec<ContainerOption>,
}

/// Ports of the host lead to a run, until it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortsBound {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The ports.
    pub ports: Vec<BoundPort>,
}

/// The keys of a container's sealed values are destroyed: the values stay in the log and nobody can read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysDestroyed {
    /// The container.
    pub id: ContainerId,
    /// The keys.
    pub keys: Vec<KeyId>,
}
