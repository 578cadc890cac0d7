//! Networks: a wish of a client's, made and taken away by a backend; and containers that join or leave them.

mod configured;
mod connect;
mod create;

use journal_domain::{
    ContainerWired, Event, NetworkCommand, NetworkFailed, NetworkMade, NetworkRemovalRequested,
    NetworkRemoved, NetworksPruned, ObserveNetworkMade, ObserveNetworkRemoved, ObserveWired,
    Refusal, RemoveNetwork,
};

pub(super) use self::connect::check_request;
use super::Decision;
use crate::State;

pub(super) fn network(state: &State, command: &NetworkCommand) -> Decision {
    match command {
        NetworkCommand::Create(command) => create::create(state, command),
        NetworkCommand::CreateConfigured(command) => configured::create(state, command),
        NetworkCommand::Remove(command) => remove(state, command),
        NetworkCommand::Connect(command) => connect::connect(state, command),
        NetworkCommand::Disconnect(command) => connect::disconnect(state, command),
        NetworkCommand::ObserveMade(seen) => Ok(made(state, seen).into_iter().collect()),
        NetworkCommand::ObserveRemoved(seen) => Ok(removed(state, *seen).into_iter().collect()),
        NetworkCommand::ObserveWired(seen) => Ok(wired(state, seen).into_iter().collect()),
        NetworkCommand::RecordPrune(command) => {
            Ok(vec![NetworksPruned { networks: command.networks }.into()])
        }
    }
}

fn remove(state: &State, command: &RemoveNetwork) -> Decision {
    let kept = state.networks.find(&command.target)?;
    let (id, name) = (kept.network.id, &kept.network.name);
    if kept.network.is_predefined() {
        return Err(Refusal::Forbidden(format!(
            "{name} is a pre-defined network and cannot be removed"
        )));
    }
    if kept.configured_pools().is_some() {
        return configured::remove(state, &kept.network);
    }
    if !kept.members.is_empty() {
        return Err(Refusal::Forbidden(format!(
            "error while removing network: network {name} id {id} has active endpoints"
        )));
    }
    Ok(vec![NetworkRemovalRequested { id }.into()])
}

fn made(state: &State, seen: &ObserveNetworkMade) -> Option<Event> {
    let kept = state.networks.get(&seen.id).filter(|kept| !kept.is_made)?;
    let id = kept.network.id;
    if seen.error.is_empty() {
        return Some(NetworkMade { id }.into());
    }
    // What shall go goes by its removal.
    (!kept.removing).then(|| NetworkFailed { id, reason: seen.error.clone() }.into())
}

fn removed(state: &State, seen: ObserveNetworkRemoved) -> Option<Event> {
    let kept = state.networks.get(&seen.id)?;
    kept.removing.then(|| NetworkRemoved { id: seen.id }.into())
}

fn wired(state: &State, seen: &ObserveWired) -> Option<Event> {
    let container = state.container(&seen.container)?;
    let awaited = container.endpoints.iter().any(|endpoint| {
        endpoint.is_changing()
            && endpoint.lease.is_some_and(|lease| seen.endpoints.contains(&lease.endpoint))
    });
    let (endpoints, error) = (seen.endpoints.clone(), seen.error.clone());
    (awaited && container.incarnation == seen.incarnation)
        .then(|| ContainerWired { container: container.id, endpoints, error }.into())
}
