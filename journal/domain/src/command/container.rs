//! Commands about containers. `target` is what the client wrote: an id, a unique prefix of one, or a name.

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    BoundPort, ContainerId, ContainerOption, ContainerSpec, CreateContainerOnce, EndpointId,
    ImageName, KeyId, Limits, RestartPolicy, Signal, TerminalSize, registry::payloads,
};

payloads! {
    /// A command about a container.
    pub enum ContainerCommand {
        /// `docker create`.
        0x0101 v 1 => Create(CreateContainer),
        /// `docker start`.
        0x0102 v 1 => Start(StartContainer),
        /// `docker stop`.
        0x0103 v 1 => Stop(StopContainer),
        /// `docker restart`.
        0x0104 v 1 => Restart(RestartContainer),
        /// `docker kill`.
        0x0105 v 1 => Kill(KillContainer),
        /// `docker rename`.
        0x0106 v 1 => Rename(RenameContainer),
        /// `docker rm`.
        0x0107 v 1 => Remove(RemoveContainer),
        /// The client's window has a new size.
        0x0108 v 1 => Resize(ResizeContainer),
        /// `docker pause`.
        0x0109 v 1 => Pause(PauseContainer),
        /// `docker unpause`.
        0x010a v 1 => Unpause(UnpauseContainer),
        /// `docker update`.
        0x010b v 1 => Update(UpdateContainer),
        /// `podman healthcheck run`.
        0x010c v 1 => Probe(ProbeContainer),
        /// A stop waited long enough.
        0x0110 v 1 => StopTimeout(StopTimeout),
        /// The pause before the next run is over.
        0x0111 v 1 => RestartDue(RestartDue),
        /// The pause before the next probe of its health is over.
        0x0112 v 1 => ProbeDue(ProbeDue),
        /// A backend has started it.
        0x0120 v 1 => ObserveStarted(ObserveStarted),
        /// A backend could not start it.
        0x0121 v 1 => ObserveStartFailure(ObserveStartFailure),
        /// Its main process ended.
        0x0122 v 1 => ObserveExit(ObserveExit),
        /// Its main process is gone and nobody knows how.
        0x0123 v 1 => ObserveLost(ObserveLost),
        /// A signal was sent.
        0x0124 v 1 => ObserveSignal(ObserveSignal),
        /// The terminal has its new size.
        0x0125 v 1 => ObserveResize(ObserveResize),
        /// Its processes are frozen, or go on.
        0x0127 v 1 => ObserveFreeze(ObserveFreeze),
        /// Its limits are changed, or not.
        0x0129 v 1 => ObserveUpdate(ObserveUpdate),
        /// A probe of its health has ended.
        0x0128 v 1 => ObserveProbe(ObserveProbe),
        /// Nothing of it is left on the backend.
        0x0126 v 1 => ObserveRemoved(ObserveRemoved),
        /// `docker create` with options.
        0x0178 v 1 => CreateWith(CreateContainerWith),
        /// A backend has started it and bound ports for it.
        0x0179 v 1 => ObserveStartedWith(ObserveStartedWith),
        /// A backend could not do yet what it shall.
        0x01c1 v 1 => ObserveDelay(ObserveDelay),
        /// Nothing of it is left on the backend, and its keys are destroyed.
        0x01b1 v 1 => ObserveRemovedWith(ObserveRemovedWith),
        /// `docker create` under a key of the client's, once.
        0x01c2 v 1 => CreateOnce(CreateContainerOnce),
    }
}

/// Asks for a new container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateContainer {
    /// Its identity, made by the caller.
    pub id: ContainerId,
    /// Its name, checked; when absent a name is made from `name_seed`.
    pub name: Option<String>,
    /// Random bits for a name.
    pub name_seed: u64,
    /// The image's name, normalised, where the client's text can be one.
    pub image_name: Option<ImageName>,
    /// What it shall be, before the image's defaults are merged in.
    pub spec: Box<ContainerSpec>,
}

/// Asks for a new container that has options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateContainerWith {
    /// The container.
    pub create: CreateContainer,
    /// Its options.
    pub options: Vec<ContainerOption>,
}

/// Asks for a container to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartContainer {
    /// Which container.
    pub target: String,
    /// The identity of the network attachment, should it get one.
    pub endpoint: EndpointId,
}

/// Asks for a container to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopContainer {
    /// Which container.
    pub target: String,
    /// The signal to send first, instead of the container's own.
    pub signal: Option<Signal>,
    /// How long to wait before it is killed, instead of the container's own; negative for ever.
    pub timeout_seconds: Option<i64>,
}

/// Asks for a container to end, if it runs, and to run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartContainer {
    /// Which container.
    pub target: String,
    /// The signal to send first, instead of the container's own.
    pub signal: Option<Signal>,
    /// How long to wait before it is killed, instead of the container's own; negative for ever.
    pub timeout_seconds: Option<i64>,
    /// The identity of the network attachment of the next run.
    pub endpoint: EndpointId,
}

/// Asks for a signal to be sent to a container's main process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KillContainer {
    /// Which container.
    pub target: String,
    /// The signal.
    pub signal: Signal,
}

/// Asks for another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameContainer {
    /// Which container.
    pub target: String,
    /// The new name, as the client wrote it.
    pub name: String,
}

/// Asks for a container and all that belongs to it to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveContainer {
    /// Which container.
    pub target: String,
    /// Whether a running container is killed.
    pub force: bool,
    /// Whether anonymous volumes go too.
    pub volumes: bool,
}

/// Tells the size of the client's window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResizeContainer {
    /// Which container.
    pub target: String,
    /// The new size.
    pub size: TerminalSize,
}

/// Asks for a container's processes to be frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseContainer {
    /// Which container.
    pub target: String,
}

/// Asks for a container's processes to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnpauseContainer {
    /// Which container.
    pub target: String,
}

/// Asks for other limits and another policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateContainer {
    /// Which container.
    pub target: String,
    /// The limits; what is not said stays as it is.
    pub limits: Box<Limits>,
    /// The policy, where one is said; within, none stands for never.
    pub restart: Option<Option<RestartPolicy>>,
}

/// Tells that a run has the limits that were asked for, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveUpdate {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The limits.
    pub limits: Box<Limits>,
    /// Why the limits could not be changed; empty where they were.
    pub error: String,
}

/// Tells that a stop's time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopTimeout {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
}

/// Tells that the pause before a run that follows by itself is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartDue {
    /// The container.
    pub id: ContainerId,
    /// The run that ended.
    pub incarnation: u32,
}

/// Tells that the pause before the next probe of a run's health is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeDue {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
}

/// Asks that a run's health be looked at now, whatever the pause. A probe that is under way is the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeContainer {
    /// The container.
    pub target: String,
}

/// Tells what came of a probe of a run's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveProbe {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// Which of the container's probes.
    pub number: u32,
    /// Its exit status, zero for good; -1 where it could not run or took too long.
    pub exit_code: i64,
    /// What it wrote, cut.
    pub output: String,
}

/// Tells that a run has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveStarted {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The main process on the host.
    pub pid: u32,
    /// When it started.
    pub started_at: Timestamp,
}

/// Tells that a run has started, and which ports of the host lead to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveStartedWith {
    /// The start.
    pub started: ObserveStarted,
    /// The ports.
    pub ports: Vec<BoundPort>,
}

/// Tells that a run could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveStartFailure {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// 127 where the program is not there, 126 where it cannot be run, 128 for any other cause.
    pub exit_code: i64,
    /// The cause, in Docker's words where it has some.
    pub message: String,
}

/// Tells that a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveExit {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The exit status, 128 and the signal's number where a signal ended it.
    pub exit_code: i64,
    /// Whether the kernel killed it for want of memory.
    pub oom_killed: bool,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What went wrong in holding it; empty where nothing did.
    pub error: String,
}

/// Tells that a run is gone and its end was seen by nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveLost {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// What is known.
    pub reason: String,
}

/// Tells that a signal was sent, or that there was nobody to send it to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveSignal {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// Which of the run's signals.
    pub number: u32,
    /// Why it could not be sent; empty where it was.
    pub error: String,
}

/// Tells that a terminal has the size that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveResize {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The size.
    pub size: TerminalSize,
    /// Why it could not be set; empty where it was.
    pub error: String,
}

/// Tells that a run's processes are as they shall be, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveFreeze {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// Whether they were to be frozen, or to go on.
    pub frozen: bool,
    /// Why it could not be done; empty where it was.
    pub error: String,
}

/// Tells that a backend could not do yet what is wanted of a run, and tries again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveDelay {
    /// The container.
    pub id: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// Why, as the backend says it.
    pub reason: String,
}

/// Tells that a container's files, logs and processes are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveRemoved {
    /// The container.
    pub id: ContainerId,
}

/// Tells that a container's files, logs and processes are gone, and the keys of its sealed values with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveRemovedWith {
    /// The removal.
    pub removed: ObserveRemoved,
    /// The keys; nobody can read what was sealed under them any more.
    pub destroyed: Vec<KeyId>,
}
