//! Images that were built: some are deleted again, and with them what only spared a build its steps.

use fastrand::Rng;
use journal_domain::{Command, DeleteImage, ImageCommand, ImageName, PruneBuildCache};
use projector_containers::State;

use super::{image_name, pick};

/// Built images that clients keep.
const IMAGES: usize = 6;

pub(super) fn image(rng: &mut Rng, state: &State) -> Option<Command> {
    let command: ImageCommand = if rng.u8(..) < 40 {
        PruneBuildCache { all: rng.bool(), ..PruneBuildCache::default() }.into()
    } else {
        let names: Vec<ImageName> = built(state).collect();
        let name = (names.len() > IMAGES).then(|| pick(rng, names))??;
        let target = name.familiar().to_owned();
        DeleteImage { target, target_name: Some(name), force: rng.bool() }.into()
    };
    Some(command.into())
}

/// Goes through the names of images that were built.
pub(super) fn built(state: &State) -> impl Iterator<Item = ImageName> {
    let images = state.images();
    let names = images.iter().flat_map(move |image| images.names(&image.id).iter().cloned());
    names.filter(|name| *name != image_name())
}
