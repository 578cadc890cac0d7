//! No two containers that run hold one address.

use std::collections::BTreeMap;

use projector_containers::State;

use crate::Violation;

pub(super) fn check(state: &State) -> Result<(), Violation> {
    let mut holders = BTreeMap::new();
    for container in state.active() {
        let Some(lease) = container.lease() else { continue };
        if let Some(other) = holders.insert(lease.address, container.id) {
            let what = format!("{} is held by {other} and by {}", lease.address, container.id);
            return Err(Violation::new("addresses", what));
        }
    }
    Ok(())
}
