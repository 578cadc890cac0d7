//! Events of pools.

use journal_domain::PoolEvent;

use crate::State;

pub(crate) fn apply(state: &mut State, event: &PoolEvent) {
    match event {
        PoolEvent::Set(event) => state.pools.set(&event.pool),
        PoolEvent::Drained(event) => state.pools.drain(&event.name),
        PoolEvent::Removed(event) => state.pools.forget(&event.name),
    }
}
