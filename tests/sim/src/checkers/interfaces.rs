//! What runs has the interfaces that the state says, with their addresses, and no others.

use std::collections::BTreeMap;

use backends_core::RunId;
use journal_domain::{EndpointId, NetworkLease};
use projector_containers::State;

use crate::{Violation, provider::Provider};

pub(super) fn check(state: &State, provider: &Provider) -> Result<(), Violation> {
    for (task, workload) in provider.running() {
        let Some(container) = state.container(&workload.run.container) else { continue };
        let run = RunId { container: container.id, incarnation: container.incarnation };
        if run != workload.run || !container.is_active() {
            continue;
        }
        let wanted = by_endpoint(container.leases().filter(|lease| lease.mac.is_some()));
        let found = by_endpoint(provider.host.interfaces(task));
        if wanted != found {
            let what =
                format!("{run} should have {:?}, and has {:?}", shown(&wanted), shown(&found));
            return Err(Violation::new("interfaces", what));
        }
    }
    Ok(())
}

fn by_endpoint<'l>(
    leases: impl Iterator<Item = &'l NetworkLease>,
) -> BTreeMap<EndpointId, &'l NetworkLease> {
    leases.map(|lease| (lease.endpoint, lease)).collect()
}

fn shown(leases: &BTreeMap<EndpointId, &NetworkLease>) -> Vec<String> {
    let lease = |lease: &&NetworkLease| {
        let addresses: Vec<String> = lease.addresses().map(|address| address.to_string()).collect();
        format!("{} {}", lease.interface(), addresses.join(" "))
    };
    leases.values().map(lease).collect()
}
