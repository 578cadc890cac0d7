//! Containers, pods and pools of one state, as the page shows them.

use std::collections::BTreeMap;

use journal_domain::{ContainerId, PodNamespace};
use journal_log::Timestamp;
use projector_containers::{Container, Containers, KeptPod, KeptPool, Phase, PhaseName, State};
use projector_engine::World;
use serde::Serialize;

use crate::{PointView, PoolLine};

/// A state, as the page shows it.
#[derive(Debug, Serialize)]
pub(super) struct WorldView<'w> {
    at: PointView,
    /// What runs the containers.
    backend: &'static str,
    /// The newest first.
    containers: Vec<ContainerView<'w>>,
    pods: Vec<PodView<'w>>,
    pools: Vec<PoolView>,
}

/// What there is in numbers, for who looks at many states at once.
#[derive(Debug, Serialize)]
pub(super) struct SummaryView {
    at: PointView,
    containers: usize,
    running: usize,
    pools: Vec<PoolLine>,
}

#[derive(Debug, Serialize)]
struct ContainerView<'w> {
    id: String,
    name: &'w str,
    /// As its client named it.
    image: &'w str,
    state: &'static str,
    health: Option<&'static str>,
    /// Since when it is in that state, where that is known.
    since: Option<String>,
    created: String,
    /// Of its last end, while it does not run.
    exit_code: Option<i64>,
    oom_killed: bool,
    restarts: u32,
    pool: Option<&'w str>,
    /// Its place among those that wait in the pool.
    position: Option<usize>,
    pod: Option<&'w str>,
    ports: Vec<String>,
    /// Why it is not as it shall be, where that is known.
    trouble: Option<&'w str>,
}

#[derive(Debug, Serialize)]
struct PodView<'w> {
    id: String,
    name: &'w str,
    created: String,
    removing: bool,
    shares: Vec<&'static str>,
    containers: Vec<String>,
    /// Which of them holds what is shared.
    holder: Option<String>,
}

#[derive(Debug, Serialize)]
struct PoolView {
    #[serde(flatten)]
    line: PoolLine,
    /// Those that wait, in their order.
    queue: Vec<String>,
}

// === impl WorldView ===

impl<'w> WorldView<'w> {
    /// Shows a world.
    pub(super) fn of(world: &'w World<Containers>, backend: &'static str) -> Self {
        let state = &world.state;
        let places = state.pools().iter().flat_map(|kept| kept.queue().copied().zip(1..));
        let positions: BTreeMap<ContainerId, usize> = places.collect();
        let container = |one: &'w std::sync::Arc<Container>| {
            ContainerView::of(state, one, positions.get(&one.id).copied())
        };
        Self {
            at: PointView::of(world),
            backend,
            containers: state.newest_first().map(container).collect(),
            pods: state.pods().iter().map(|kept| PodView::of(kept)).collect(),
            pools: state.pools().iter().map(PoolView::of).collect(),
        }
    }
}

// === impl SummaryView ===

impl SummaryView {
    /// Sums a world up.
    pub(super) fn of(world: &World<Containers>) -> Self {
        let state = &world.state;
        let running = |one: &&std::sync::Arc<Container>| word(one) == PhaseName::Running.as_str();
        Self {
            at: PointView::of(world),
            containers: state.container_count(),
            running: state.newest_first().filter(running).count(),
            pools: state.pools().iter().map(PoolLine::of).collect(),
        }
    }
}

// === impl ContainerView ===

impl<'w> ContainerView<'w> {
    fn of(state: &'w State, container: &'w Container, position: Option<usize>) -> Self {
        let last = container.last_exit.as_ref().filter(|_| !container.is_active());
        let ports = container.bound_ports().iter();
        let pod = container.pod().and_then(|place| state.pods().get(&place.pod));
        Self {
            id: container.id.to_string(),
            name: container.name.as_str(),
            image: &container.spec.image,
            state: word(container),
            health: container.health.as_ref().map(|health| health.status.as_str()),
            since: since(container).map(|at| at.to_string()),
            created: container.created.to_string(),
            exit_code: last.map(|report| report.exit_code),
            oom_killed: last.is_some_and(|report| report.oom_killed),
            restarts: container.restarts.count,
            pool: container.pool().map(|name| name.as_str()),
            position,
            pod: pod.map(|kept| kept.pod.name.as_str()),
            ports: ports.map(|bound| format!("{}→{}", bound.host, bound.port)).collect(),
            trouble: trouble(container),
        }
    }
}

/// Docker's word for where it is in its life, and two for what Docker has none for.
const fn word(container: &Container) -> &'static str {
    match (PhaseName::of(container), &container.phase) {
        (PhaseName::Running, _) if container.stopping().is_some() => "stopping",
        (PhaseName::Created, Phase::Starting(_)) => "starting",
        (name, _) => name.as_str(),
    }
}

fn since(container: &Container) -> Option<Timestamp> {
    match &container.phase {
        Phase::Running(run) => Some(run.started_at),
        _ if container.queued.is_some() => container.queued.map(|queued| queued.since),
        Phase::Exited(exited) => Some(exited.report.finished_at),
        Phase::Created(_) => Some(container.created),
        Phase::Starting(_) => None,
    }
}

fn trouble(container: &Container) -> Option<&str> {
    let failure = container.start_failure().map(|failure| failure.message.as_str());
    let delay = || container.delay.as_ref().map(|delay| delay.reason.as_str());
    let ended = container.last_exit.as_ref().filter(|_| !container.is_active());
    let error = || ended.map(|report| report.error.as_str()).filter(|error| !error.is_empty());
    failure.or_else(delay).or_else(error)
}

// === impl PodView ===

impl<'w> PodView<'w> {
    fn of(kept: &'w KeptPod) -> Self {
        let shared = [
            (PodNamespace::Network, "network"),
            (PodNamespace::Ipc, "ipc"),
            (PodNamespace::Uts, "uts"),
            (PodNamespace::Pid, "pid"),
        ];
        let shared = shared.into_iter().filter(|(namespace, _)| kept.shares(*namespace));
        Self {
            id: kept.pod.id.to_string(),
            name: kept.pod.name.as_str(),
            created: kept.created.to_string(),
            removing: kept.removing,
            shares: shared.map(|(_, word)| word).collect(),
            containers: kept.members.iter().map(ContainerId::to_string).collect(),
            holder: kept.pod.holder.map(|id| id.to_string()),
        }
    }
}

// === impl PoolView ===

impl PoolView {
    fn of(kept: &KeptPool) -> Self {
        let queue = kept.queue().map(ContainerId::to_string).collect();
        Self { line: PoolLine::of(kept), queue }
    }
}
