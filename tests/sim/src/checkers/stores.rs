//! At rest the volumes of the state are there and no others; and so is every layer that something refers to.

use projector_containers::State;

use crate::{
    Violation,
    provider::{Host, parts},
};

pub(super) fn check(state: &State, host: &Host) -> Result<(), Violation> {
    let volumes = || state.volumes().iter().map(|kept| &kept.volume.name);
    if let Some(missing) = volumes().find(|name| !host.volumes().contains(*name)) {
        return Err(violation(format!("volume {missing} is not there")));
    }
    if let Some(left) = host.volumes().iter().find(|name| state.volumes().get(name).is_none()) {
        return Err(violation(format!("volume {left} is left, and the log does not know it")));
    }
    let of_images = state.images().iter().flat_map(parts);
    let of_containers = state.newest_first().flat_map(|one| one.spec.layers.iter().copied());
    let missing = of_images.chain(of_containers).find(|digest| !host.has_layer(digest));
    missing.map_or(Ok(()), |digest| Err(violation(format!("layer {digest} is not there"))))
}

const fn violation(what: String) -> Violation {
    Violation::new("stores", what)
}
