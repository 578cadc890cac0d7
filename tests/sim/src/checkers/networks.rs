//! Networks have names and addresses of their own, are there when the state says so, and none is left that nobody knows.

use std::collections::BTreeMap;

use journal_domain::{NetworkId, Subnet};
use projector_containers::State;

use crate::{Violation, provider::Host};

/// Sweeps that a network which nobody knows may outlast: the one before which it came, and none.
const SWEEPS_MAX: u32 = 2;

/// How many sweeps a network has outlasted that the log does not know.
#[derive(Debug, Default)]
pub(crate) struct Networks {
    unknown: BTreeMap<NetworkId, u32>,
}

// === impl Networks ===

impl Networks {
    /// The networks of the host were compared with those of the log.
    pub(crate) fn swept(&mut self, host: &Host, state: &State) -> Result<(), Violation> {
        let mut unknown = BTreeMap::new();
        for id in host.networks().iter().filter(|id| state.networks().get(id).is_none()) {
            let sweeps = self.unknown.get(id).copied().unwrap_or_default() + 1;
            if sweeps >= SWEEPS_MAX {
                return Err(violation(format!(
                    "{id} is not in the log and has outlasted {sweeps} sweeps"
                )));
            }
            unknown.insert(*id, sweeps);
        }
        self.unknown = unknown;
        Ok(())
    }
}

/// Compares networks with each other, and addresses with who has them.
pub(super) fn check(state: &State) -> Result<(), Violation> {
    let mut subnets: Vec<Subnet> = Vec::new();
    for kept in state.networks().iter().chain(state.work().networks()) {
        let own = kept.network.pools.iter().map(|pool| pool.subnet);
        for subnet in own {
            if let Some(other) = subnets.iter().find(|other| other.overlaps(&subnet)) {
                return Err(violation(format!("{subnet} and {other} overlap")));
            }
            subnets.push(subnet);
        }
        for (address, holder) in kept.addresses.iter() {
            let container = state.container(holder);
            let holds = container.is_some_and(|container| {
                let mut leases =
                    container.leases().filter(|lease| lease.network == kept.network.id);
                leases.any(|lease| lease.addresses().any(|own| own == *address))
            });
            if !holds {
                let name = &kept.network.name;
                return Err(violation(format!("{holder} has not got {address} of {name}")));
            }
        }
    }
    Ok(())
}

/// At rest: the networks of the state are there.
pub(super) fn at_rest(state: &State, host: &Host) -> Result<(), Violation> {
    let mut own = state.networks().iter().filter(|kept| !kept.network.is_predefined());
    let missing = own.find(|kept| !host.networks().contains(&kept.network.id));
    missing.map_or(Ok(()), |kept| Err(violation(format!("{} is not there", kept.network.name))))
}

const fn violation(what: String) -> Violation {
    Violation::new("networks", what)
}
