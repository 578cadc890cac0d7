//! No two containers that run hold one address of a network.

use std::collections::BTreeMap;

use projector_containers::State;

use crate::Violation;

pub(super) fn check(state: &State) -> Result<(), Violation> {
    let mut holders = BTreeMap::new();
    for container in state.active() {
        for lease in container.leases() {
            for address in lease.addresses() {
                if let Some(other) = holders.insert((lease.network, address), container.id) {
                    let what = format!("{address} is held by {other} and by {}", container.id);
                    return Err(Violation::new("addresses", what));
                }
            }
        }
    }
    Ok(())
}
