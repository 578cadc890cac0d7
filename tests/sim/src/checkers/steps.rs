//! A container that does a step of a build goes with it.

use projector_containers::State;

use crate::Violation;

pub(super) fn check(state: &State) -> Result<(), Violation> {
    for container in state.newest_first().filter(|container| !container.removing) {
        let build = container.options.as_ref().and_then(|options| options.build);
        if let Some(build) = build.filter(|build| state.transfer(build).is_none()) {
            let what = format!("{} is left of build {build}, which is over", container.id);
            return Err(Violation::new("steps", what));
        }
    }
    Ok(())
}
