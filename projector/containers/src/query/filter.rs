//! The filters of a container listing: values of one key are alternatives, keys narrow each other down.

use std::collections::BTreeSet;

use journal_domain::{ContainerId, HealthStatus, ImageId};

use crate::{Container, Phase, State};

/// What a listing is narrowed down to; an empty list of a key lets everything through.
#[derive(Debug, Clone, Default)]
pub struct ContainerFilter {
    /// Prefixes of ids.
    pub ids: Vec<String>,
    /// Patterns that a name matches, already compiled by the caller.
    pub names: Vec<NamePattern>,
    /// Where containers are in their lives.
    pub phases: BTreeSet<PhaseName>,
    /// Labels that must all be there, with their value where one is given.
    pub labels: Vec<(String, Option<String>)>,
    /// Images that the container is made of.
    pub ancestors: Option<BTreeSet<ImageId>>,
    /// Exit statuses of ended containers.
    pub exited: Vec<i64>,
    /// Names of networks.
    pub networks: Vec<String>,
    /// Health, of which there is only `none` until checks are built.
    pub healths: Vec<Health>,
    /// Only containers created before this one.
    pub before: Option<ContainerId>,
    /// Only containers created after this one.
    pub since: Option<ContainerId>,
    /// Names of volumes, or paths that something is mounted at.
    pub volumes: Vec<String>,
    /// Ports that are exposed, such as `80/tcp`.
    pub exposed: Vec<String>,
    /// Ports of the host that lead to the container, such as `8080/tcp`.
    pub published: Vec<String>,
    /// Whether a container is a swarm task; none is.
    pub is_task: Option<bool>,
}

/// A test of a name. Docker takes regular expressions; whoever makes the filter brings the engine.
pub type NamePattern = std::sync::Arc<dyn NameMatch>;

/// Tests a name.
pub trait NameMatch: std::fmt::Debug + Send + Sync {
    /// Tells whether the name, without its slash, matches.
    fn is_match(&self, name: &str) -> bool;
}

/// Docker's words for where a container is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhaseName {
    /// It never ran.
    Created,
    /// It is between two runs.
    Restarting,
    /// It runs.
    Running,
    /// It goes.
    Removing,
    /// It is frozen.
    Paused,
    /// It ended.
    Exited,
    /// It is broken; no container is.
    Dead,
}

/// Docker's words for a container's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// There is no check.
    None,
    /// There has been no answer yet.
    Starting,
    /// The last check was good.
    Healthy,
    /// The last checks were bad.
    Unhealthy,
}

impl State {
    /// Gives the containers that `filter` lets through, the newest first.
    pub fn list<'a>(
        &'a self,
        filter: &'a ContainerFilter,
    ) -> impl Iterator<Item = &'a std::sync::Arc<Container>> {
        let seq_of = |id: &Option<ContainerId>| {
            id.and_then(|id| self.container(&id)).map(|container| container.created_seq)
        };
        let (before, since) = (seq_of(&filter.before), seq_of(&filter.since));
        self.newest_first().filter(move |container| {
            before.is_none_or(|before| container.created_seq < before)
                && since.is_none_or(|since| container.created_seq > since)
                && filter.admits(self, container)
        })
    }
}

// === impl ContainerFilter ===

impl ContainerFilter {
    fn admits(&self, state: &State, container: &Container) -> bool {
        any(&self.ids, |prefix| container.id.to_string().starts_with(prefix.as_str()))
            && any(&self.names, |name| name.is_match(container.name.as_str()))
            && (self.phases.is_empty() || self.phases.contains(&PhaseName::of(container)))
            && self.labels.iter().all(|(key, value)| has_label(container, key, value.as_deref()))
            && self.ancestors.as_ref().is_none_or(|images| {
                container.spec.image_id.is_some_and(|image| images.contains(&image))
            })
            && any(&self.exited, |code| exit_code(container) == Some(*code))
            && any(&self.networks, |network| network_matches(state, container, network))
            && any(&self.healths, |health| *health == Health::of(container))
            && any(&self.volumes, |volume| mounts(container, volume))
            && any(&self.published, |port| publishes(container, port))
            && any(&self.exposed, |port| container.spec.exposed_ports.contains(port))
            && self.is_task != Some(true)
    }
}

fn any<T>(wanted: &[T], matches: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(matches)
}

fn mounts(container: &Container, volume: &str) -> bool {
    container.mount_points().iter().any(|point| {
        point.target == volume || point.volume().is_some_and(|name| name.as_str() == volume)
    })
}

fn publishes(container: &Container, port: &str) -> bool {
    container.bound_ports().iter().any(|bound| {
        let (number, protocol) = (bound.host.port(), bound.port.protocol);
        port.split_once('/') == Some((number.to_string().as_str(), protocol.as_str()))
    })
}

fn has_label(container: &Container, key: &str, value: Option<&str>) -> bool {
    let found = container.spec.labels.get(key);
    found.is_some_and(|found| value.is_none_or(|value| value == found))
}

fn exit_code(container: &Container) -> Option<i64> {
    match &container.phase {
        Phase::Exited(exited) => Some(exited.report.exit_code),
        Phase::Created(_) | Phase::Starting(_) | Phase::Running(_) => None,
    }
}

/// Tells whether a container is in a network, by its name or its whole id.
fn network_matches(state: &State, container: &Container, network: &str) -> bool {
    container.endpoints.iter().any(|endpoint| {
        endpoint.network() == network
            || state
                .networks
                .named(endpoint.network())
                .is_some_and(|kept| kept.network.id.to_string() == network)
    })
}

// === impl PhaseName ===

impl PhaseName {
    /// Tells where a container is in its life.
    pub const fn of(container: &Container) -> Self {
        match &container.phase {
            Phase::Running(run) if run.paused => Self::Paused,
            Phase::Running(_) => Self::Running,
            Phase::Created(_) | Phase::Exited(_) if container.removing => Self::Removing,
            Phase::Exited(_) if container.restarts.due.is_some() => Self::Restarting,
            Phase::Created(_) => Self::Created,
            Phase::Starting(_) if container.last_exit.is_some() => Self::Restarting,
            Phase::Starting(_) => Self::Created,
            Phase::Exited(_) => Self::Exited,
        }
    }

    /// Gives Docker's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Restarting => "restarting",
            Self::Running => "running",
            Self::Removing => "removing",
            Self::Paused => "paused",
            Self::Exited => "exited",
            Self::Dead => "dead",
        }
    }

    /// Reads Docker's word.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Created,
            Self::Restarting,
            Self::Running,
            Self::Removing,
            Self::Paused,
            Self::Exited,
            Self::Dead,
        ]
        .into_iter()
        .find(|name| name.as_str() == text)
    }
}

// === impl Health ===

impl Health {
    /// Tells how a container is.
    pub fn of(container: &Container) -> Self {
        match container.health.as_ref().map(|health| health.status) {
            None => Self::None,
            Some(HealthStatus::Starting) => Self::Starting,
            Some(HealthStatus::Healthy) => Self::Healthy,
            Some(HealthStatus::Unhealthy) => Self::Unhealthy,
        }
    }

    /// Reads Docker's word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "starting" => Some(Self::Starting),
            "healthy" => Some(Self::Healthy),
            "unhealthy" => Some(Self::Unhealthy),
            _ => None,
        }
    }
}
