//! A container as the log tells it.

use std::sync::Arc;

use journal_domain::{
    BoundPort, ContainerId, ContainerName, ContainerOptions, ContainerSpec, EndpointId, ExecId,
    HealthCheck, KeyId, Limits, Logging, MountPoint, Mounting, Namespaces, Network, NetworkLease,
    Networking, PodPlace, PoolName, Publishing, RestartPolicy, SealedEnvironment, Share, Signal,
    TerminalSize,
};
use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    health::ContainerHealth, host_ports::HostPort, network::Endpoint, pools::Queued,
    request::StartRequest, restarts::Restarts,
};

/// A container: what it shall be, where it is in its life, and what is still to be done for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Its identity.
    pub id: ContainerId,
    /// Its name.
    pub name: ContainerName,
    /// What it shall be.
    pub spec: Arc<ContainerSpec>,
    /// What it was given beyond that; most have nothing.
    pub options: Option<Arc<ContainerOptions>>,
    /// When it was created.
    pub created: Timestamp,
    /// The record that created it; the order of a listing.
    pub created_seq: journal_log::Seq,
    /// Where it is in its life.
    pub phase: Phase,
    /// How many runs were asked for; the number of the last one.
    pub incarnation: u32,
    /// Its last end, if it ever ran to one.
    pub last_exit: Option<ExitReport>,
    /// Whether it shall go.
    pub removing: bool,
    /// The attachment of the run that follows the present one's end.
    pub restart: Option<EndpointId>,
    /// The run that waits for its pool.
    pub queued: Option<Queued>,
    /// The runs that follow one another by themselves.
    pub restarts: Restarts,
    /// Its health, where it has a probe and has run.
    pub health: Option<Arc<ContainerHealth>>,
    /// How many signals were asked for; the number of the last one.
    pub signals: u32,
    /// Signals that are still to be sent, in order.
    pub pending_signals: Vec<PendingSignal>,
    /// The terminal's size as last asked for.
    pub size: Option<TerminalSize>,
    /// Whether that size is still to be set.
    pub pending_resize: bool,
    /// Its places in networks, that of its mode first.
    pub endpoints: Vec<Endpoint>,
    /// Its execs that are remembered.
    pub execs: Vec<ExecId>,
    /// The keys of its sealed values and its execs'; they end with it.
    pub keys: Vec<KeyId>,
    /// Why what it shall is not done yet, where a backend has said so.
    pub delay: Option<Delay>,
}

/// Something that a backend could not do yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    /// Why, as the backend says it.
    pub reason: String,
    /// Since when it is known.
    pub since: Timestamp,
}

/// Where a container is in its life. Each variant has the data that is valid in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// It never ran.
    Created(Option<StartFailure>),
    /// It shall run; nothing is known of it yet.
    Starting(Starting),
    /// Its main process runs.
    Running(Running),
    /// Its main process ended.
    Exited(Exited),
}

/// A start that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartFailure {
    /// 126, 127 or 128.
    pub exit_code: i64,
    /// The cause.
    pub message: String,
    /// Its run.
    pub incarnation: u32,
}

/// A start that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Starting {
    /// What else it is started with.
    pub request: StartRequest,
    /// Whether it follows the run before by a restart.
    pub again: bool,
    /// A stop that was asked for meanwhile.
    pub stopping: Option<Stopping>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The main process on the host.
    pub pid: u32,
    /// When it started.
    pub started_at: Timestamp,
    /// Ports of the host that lead to it.
    pub ports: Vec<BoundPort>,
    /// A stop that was asked for.
    pub stopping: Option<Stopping>,
    /// Whether its processes are frozen.
    pub paused: bool,
    /// Whether they shall be frozen or go on, while that is still to be done.
    pub freeze: Option<bool>,
    /// Why that could not be done the last time.
    pub freeze_failure: Option<String>,
    /// The limits that it shall have, while that is still to be done.
    pub update: Option<Box<Limits>>,
    /// Why it could not have those that were asked for the last time.
    pub update_failure: Option<String>,
    /// Why it could not join or leave a network the last time.
    pub wiring_failure: Option<String>,
}

/// A stop that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    /// When the run is killed; never when absent.
    pub deadline: Option<Timestamp>,
}

/// A run that ended, or that followed one and could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exited {
    /// The end.
    pub report: ExitReport,
    /// A later start that failed.
    pub failure: Option<StartFailure>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitReport {
    /// Its run.
    pub incarnation: u32,
    /// The exit status.
    pub exit_code: i64,
    /// Whether the kernel killed it for want of memory.
    pub oom_killed: bool,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What went wrong; empty where nothing did.
    pub error: String,
}

/// A signal that is still to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSignal {
    /// Which of the container's signals; a backend sends each number once.
    pub number: u32,
    /// The signal.
    pub signal: Signal,
}

// === impl Container ===

impl Container {
    /// Tells whether a backend still has to do something for it.
    pub fn has_work(&self) -> bool {
        match &self.phase {
            Phase::Starting(_) => true,
            Phase::Running(run) => {
                let probes = self.health.as_ref().is_some_and(|health| health.pending.is_some());
                let changes = run.freeze.is_some() || run.update.is_some() || self.is_rewired();
                !self.pending_signals.is_empty() || self.pending_resize || changes || probes
            }
            Phase::Created(_) | Phase::Exited(_) => self.removing,
        }
    }

    /// Gives the run, if it runs.
    pub const fn running(&self) -> Option<&Running> {
        match &self.phase {
            Phase::Running(running) => Some(running),
            Phase::Created(_) | Phase::Starting(_) | Phase::Exited(_) => None,
        }
    }

    /// Tells whether its processes are frozen.
    pub fn is_paused(&self) -> bool {
        self.running().is_some_and(|run| run.paused)
    }

    /// Gives the places in networks that its run has.
    pub fn leases(&self) -> impl Iterator<Item = &NetworkLease> {
        self.endpoints.iter().filter_map(|endpoint| endpoint.lease.as_ref())
    }

    /// Tells whether an interface of its run is still to come or to go.
    pub fn is_rewired(&self) -> bool {
        self.endpoints.iter().any(Endpoint::is_changing)
    }

    /// Gives its place in a network.
    pub fn endpoint(&self, network: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.network() == network)
    }

    /// Gives what was said of its networks beyond the predefined.
    pub fn networking(&self) -> Option<&Networking> {
        self.options.as_ref()?.networking.as_ref()
    }

    /// Gives the container whose network it shares: its id, or what the client called it by where there was none.
    pub fn shares_network_of(&self) -> Option<&str> {
        self.networking()?.container()
    }

    /// Gives the network of its mode as clients are shown it.
    pub fn network_mode(&self) -> &str {
        if let Some(mode) = self.no_network() {
            return mode;
        }
        match (self.spec.network.network_name(), self.networking()) {
            (Some(name), _) => name,
            (None, Some(networking)) => &networking.mode,
            (None, None) => Network::NONE,
        }
    }

    /// Gives the mode that was asked for where it has no network in spite of it.
    pub fn no_network(&self) -> Option<&str> {
        self.options.as_ref()?.no_network.as_deref()
    }

    /// Gives where its output goes, where that was said.
    pub fn logging(&self) -> Option<&Logging> {
        self.options.as_ref()?.logging.as_ref()
    }

    /// Gives the mounts that its client asked for.
    pub fn mounting(&self) -> Option<&Mounting> {
        self.options.as_ref()?.mounting.as_ref()
    }

    /// Gives what it has mounted, in the order in which it is.
    pub fn mount_points(&self) -> &[MountPoint] {
        self.options.as_ref().map_or(&[], |options| &options.mount_points)
    }

    /// Gives the namespaces that are not simply its own.
    pub fn namespaces(&self) -> Option<&Namespaces> {
        self.options.as_ref()?.namespaces.as_ref()
    }

    /// Gives its place in a pod.
    pub fn pod(&self) -> Option<&PodPlace> {
        self.options.as_ref()?.pod.as_ref()
    }

    /// Gives the pool that its runs are of.
    pub fn pool(&self) -> Option<&PoolName> {
        self.options.as_ref()?.pool.as_ref()
    }

    /// Gives what it has of CPUs and memory; while that changes, the larger one.
    pub fn share(&self) -> Share {
        let own = Share::of(&self.spec.limits);
        match &self.phase {
            Phase::Starting(starting) => own.max(Share::of(&starting.request.spec.limits)),
            Phase::Running(run) => {
                run.update.as_deref().map_or(own, |wanted| own.max(Share::of(wanted)))
            }
            Phase::Created(_) | Phase::Exited(_) => own,
        }
    }

    /// Gives the values of variables that stand without them in its specification.
    pub fn sealed_environment(&self) -> Option<&SealedEnvironment> {
        self.options.as_ref()?.sealed_environment.as_ref()
    }

    /// Notes under which key some values are sealed.
    pub(crate) fn seal_under(&mut self, sealed: Option<&SealedEnvironment>) {
        if let Some(sealed) = sealed
            && !self.keys.contains(&sealed.key)
        {
            self.keys.push(sealed.key);
        }
    }

    /// Tells whether the client named the user namespace of the host.
    pub fn names_host_user_namespace(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.host_user_namespace)
    }

    /// Gives the ports of the host that shall lead to it.
    pub fn publishing(&self) -> Option<&Publishing> {
        self.options.as_ref()?.publishing.as_ref()
    }

    /// Gives the ports of the host that lead to it now.
    pub fn bound_ports(&self) -> &[BoundPort] {
        self.running().map_or(&[], |run| &run.ports)
    }

    /// Gives the ports of the host that it has asked for by number.
    pub(crate) fn fixed_ports(&self) -> impl Iterator<Item = HostPort> + '_ {
        let publishing = self.publishing().filter(|_| self.spec.network.has_interfaces());
        let ports = publishing.into_iter().flat_map(|publishing| &publishing.ports);
        ports.flat_map(|published| {
            let protocol = published.port.protocol;
            published.places.iter().flat_map(move |place| HostPort::fixed(protocol, place))
        })
    }

    /// Gives the stop that was asked for in this run.
    pub const fn stopping(&self) -> Option<Stopping> {
        match &self.phase {
            Phase::Starting(starting) => starting.stopping,
            Phase::Running(running) => running.stopping,
            Phase::Created(_) | Phase::Exited(_) => None,
        }
    }

    /// Gives the failure of the last start, if it failed.
    pub const fn start_failure(&self) -> Option<&StartFailure> {
        match &self.phase {
            Phase::Created(failure) => failure.as_ref(),
            Phase::Exited(exited) => exited.failure.as_ref(),
            Phase::Starting(_) | Phase::Running(_) => None,
        }
    }

    /// Tells whether the main process runs or is about to.
    pub const fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Starting(_) | Phase::Running(_))
    }

    /// Tells whether the main process runs, is about to, or will by itself: what Docker calls running.
    pub const fn is_live(&self) -> bool {
        self.is_active() || self.restarts.due.is_some()
    }

    /// Tells whether its next run is decided and has not begun: it comes after a pause, or once its pool has room.
    pub const fn is_waiting(&self) -> bool {
        self.restarts.due.is_some() || self.queued.is_some()
    }

    /// Gives how its health is found out, where it is.
    pub fn health_check(&self) -> Option<&HealthCheck> {
        self.options.as_ref()?.health.as_ref()
    }

    /// Gives when it runs again by itself, where it does.
    pub fn restart_policy(&self) -> Option<RestartPolicy> {
        self.options.as_ref()?.restart
    }

    /// Gives the host name inside.
    pub fn hostname(&self) -> String {
        if self.spec.hostname.is_empty() { self.id.short() } else { self.spec.hostname.clone() }
    }
}
