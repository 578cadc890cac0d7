//! The pool that a container is of.

use api_types::ContainerPool;
use projector_containers::{Container, State};

/// Shows it, and the place of the container among those that wait there.
pub(crate) fn shown(state: &State, container: &Container) -> Option<ContainerPool> {
    let name = container.pool()?;
    let kept = state.pools().get(name)?;
    let queued = container.queued.as_ref();
    Some(ContainerPool {
        name: name.to_string(),
        position: queued.map(|queued| kept.position(queued)),
        waiting: queued.map(|_| kept.waiting()),
        since: queued.map(|queued| queued.since.to_string()),
    })
}
