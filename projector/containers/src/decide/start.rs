//! `docker start`: a wish. It becomes a fact when a backend reports the start, or why it failed.

use journal_domain::{
    EndpointId, EndpointLease, MacAddress, Refusal, StartContainer, StartRequested,
};

use super::Decision;
use crate::{Container, Phase, State};

pub(super) fn start(state: &State, command: &StartContainer) -> Decision {
    let container = state.find(&command.target)?;
    if container.removing {
        return Err(Refusal::Conflict(
            "container is marked for removal and cannot be started".into(),
        ));
    }
    match container.phase {
        Phase::Created(_) | Phase::Exited(_) => {
            let lease = lease(state, container, command.endpoint)?;
            let incarnation = container.incarnation + 1;
            Ok(vec![StartRequested { id: container.id, incarnation, lease }.into()])
        }
        Phase::Starting(_) | Phase::Running(_) => Err(Refusal::NotModified(format!(
            "container {} is already started",
            container.id.short()
        ))),
    }
}

/// Takes the lowest free address of the bridge for a container that joins it.
fn lease(
    state: &State,
    container: &Container,
    endpoint: EndpointId,
) -> Result<Option<EndpointLease>, Refusal> {
    let Some(bridge) = &state.bridge else { return Ok(None) };
    if !container.spec.network.is_bridge() {
        return Ok(None);
    }
    let address = bridge.free_address().ok_or_else(|| {
        Refusal::Exhausted(format!(
            "no free address is left on the default bridge {}/{}: remove or stop containers",
            bridge.config.subnet, bridge.config.prefix_bits
        ))
    })?;
    Ok(Some(EndpointLease {
        endpoint,
        network: bridge.config.network,
        address,
        prefix_bits: bridge.config.prefix_bits,
        gateway: bridge.config.gateway(),
        mac: MacAddress::of(address),
    }))
}
