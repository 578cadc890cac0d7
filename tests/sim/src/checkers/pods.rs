//! A pod and its containers know each other, and a pod that goes is gone in the end.

use projector_containers::State;

use crate::Violation;

pub(super) fn check(state: &State) -> Result<(), Violation> {
    for kept in state.pods().iter() {
        let id = kept.pod.id;
        let is_missing = |member: &&journal_domain::ContainerId| {
            let place = state.container(member).and_then(|container| container.pod());
            place.is_none_or(|place| place.pod != id)
        };
        if let Some(member) = kept.members.iter().find(is_missing) {
            return Err(violation(format!("pod {id} counts on {member}, which is not of it")));
        }
        if kept.removing && kept.members.is_empty() {
            return Err(violation(format!("pod {id} is to go, and nothing keeps it")));
        }
    }
    for container in state.newest_first() {
        let Some(place) = container.pod() else { continue };
        let pod = state.pods().get(&place.pod);
        if pod.is_none_or(|kept| !kept.members.contains(&container.id)) {
            let what = format!("{} is of pod {}, which does not know it", container.id, place.pod);
            return Err(violation(what));
        }
    }
    Ok(())
}

const fn violation(what: String) -> Violation {
    Violation::new("pods", what)
}
