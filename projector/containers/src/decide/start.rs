//! `docker start`: a wish. It becomes a fact when a backend reports the start, or why it failed.

use std::{collections::BTreeSet, net::SocketAddr};

use journal_domain::{
    ContainerStartFailed, EndpointId, Event, IpcMode, Namespaces, Refusal, Sharing, StartContainer,
    StartRequested,
};

use super::{Decision, exit::removal_after_failure, lease, network, networking, pool};
use crate::{Container, State, state::host_ports::HostPort};

/// Docker's exit code for a start that failed for another reason than the program.
pub(super) const FAILED_TO_START: i64 = 128;

pub(super) fn start(state: &State, command: &StartContainer) -> Decision {
    let container = state.find(&command.target)?;
    if container.removing {
        return Err(Refusal::Conflict(
            "container is marked for removal and cannot be started".into(),
        ));
    }
    if container.is_live() {
        return Err(Refusal::NotModified(format!(
            "container {} is already started",
            container.id.short()
        )));
    }
    if container.queued.is_some() {
        return Err(Refusal::NotModified(format!(
            "container {} waits for its start already",
            container.id.short()
        )));
    }
    if let Some(queued) = pool::turn(state, container, command.endpoint)? {
        return Ok(vec![queued]);
    }
    start_run(state, container, command.endpoint)
}

/// Refuses a run beside containers that do not run, whoever asks for it.
pub(super) fn check_peers(state: &State, container: &Container) -> Result<(), Refusal> {
    check_shared_namespaces(state, container)?;
    if let Some(peer) = container.pod().and_then(|place| place.uts_of.as_deref()) {
        running_peer(state, peer, "cannot join the host name of a non running container")?;
    }
    check_shared(state, container)
}

/// Gives the events of a run that cannot be: the container keeps the reason.
pub(super) fn failed_run(container: &Container, refusal: &Refusal) -> Vec<Event> {
    let (id, incarnation) = (container.id, container.incarnation + 1);
    let (exit_code, message) = (FAILED_TO_START, refusal.to_string());
    vec![
        StartRequested { id, incarnation, lease: None }.into(),
        ContainerStartFailed { id, incarnation, exit_code, message }.into(),
    ]
}

/// Refuses where another container whose namespaces are shared does not run, in the words of moby's `getPidContainer` and
/// `getIpcContainer`.
fn check_shared_namespaces(state: &State, container: &Container) -> Result<(), Refusal> {
    let Some(namespaces) = container.namespaces() else { return Ok(()) };
    if let Some(Sharing::Container(peer)) = &namespaces.pid {
        running_peer(state, peer, "cannot join PID of a non running container")?;
    }
    if let Some(IpcMode::Sharing(Sharing::Container(peer))) = &namespaces.ipc {
        let what = "can't join IPC of container";
        let peer = running_peer(state, peer, what)?;
        if !peer.namespaces().is_some_and(Namespaces::lends_ipc) {
            return Err(Refusal::Conflict(format!(
                "{what} {}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)",
                peer.id
            )));
        }
    }
    Ok(())
}

fn running_peer<'s>(state: &'s State, peer: &str, what: &str) -> Result<&'s Container, Refusal> {
    let found = state
        .find(peer)
        .map_err(|missing| Refusal::Conflict(format!("{what}: {peer}: {missing}")))?;
    match found.running() {
        Some(_) => Ok(found),
        None => Err(Refusal::Conflict(format!("{what}: container {peer} is not running"))),
    }
}

/// Gives the events of the next run of a container that does not run.
pub(super) fn start_run(state: &State, container: &Container, endpoint: EndpointId) -> Decision {
    check_peers(state, container)?;
    check_requests(state, container)?;
    networking::check_links(state, container)?;
    let (id, incarnation) =
        (container.id, container.incarnation + journal_log::planted!("run-not-counted", 1, 0));
    let mut events = lease::begin(state, container, incarnation, endpoint)?;
    if let Some(message) = port_conflict(state, container, endpoint) {
        let exit_code = FAILED_TO_START;
        events.push(ContainerStartFailed { id, incarnation, exit_code, message }.into());
        events.extend(removal_after_failure(container));
    }
    Ok(events)
}

/// Refuses a run in the network of a container that does not run.
fn check_shared(state: &State, container: &Container) -> Result<(), Refusal> {
    let Some(target) = container.shares_network_of() else { return Ok(()) };
    let other = state.find(target)?;
    if other.running().is_some() {
        return Ok(());
    }
    let id = other.id;
    Err(Refusal::Conflict(format!("cannot join network of a non running container: {id}")))
}

/// Refuses what a network has not.
fn check_requests(state: &State, container: &Container) -> Result<(), Refusal> {
    for endpoint in &container.endpoints {
        if let Ok(kept) = state.networks.find(endpoint.network()) {
            network::check_request(&kept.network, &endpoint.request)?;
        }
    }
    Ok(())
}

/// Tells which port of the host another container has, in Docker's words.
///
/// It is a start that fails and not a refusal: the container keeps the reason, as in Docker. What other programs of the
/// host have is found out when the port is bound.
fn port_conflict(state: &State, container: &Container, endpoint: EndpointId) -> Option<String> {
    let mut asked = BTreeSet::new();
    let held = |port: &HostPort| state.host_ports.is_held(port) || !asked.insert(*port);
    let HostPort { number, address, .. } = container.fixed_ports().find(held)?;
    let (place, name) = (SocketAddr::new(address, number), &container.name);
    let subject =
        format!("driver failed programming external connectivity on endpoint {name} ({endpoint})");
    Some(format!("{subject}: Bind for {place} failed: port is already allocated"))
}
