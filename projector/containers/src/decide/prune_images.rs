//! `docker image prune`: all images go that no container is made of and that the filters let through.

use std::collections::{BTreeMap, BTreeSet};

use journal_domain::{
    Event, Image, ImageDeleted, ImageDigestRemoved, ImageId, ImageUntagged, ImagesPruned,
    LabelFilter, PruneImages,
};
use journal_log::Timestamp;

use crate::State;

/// Images that one command removes; whoever asks goes on while there may be more.
///
/// Each is some hundred bytes of events, so a record of them stays far below its limit of 1 MiB.
pub const PRUNED_IMAGES_MAX: usize = 500;

pub(super) fn prune_images(state: &State, command: &PruneImages) -> Vec<Event> {
    let used: BTreeSet<ImageId> =
        state.newest_first().filter_map(|container| container.spec.image_id).collect();
    let chosen: Vec<&Image> = state
        .images
        .iter()
        .map(AsRef::as_ref)
        .filter(|image| !used.contains(&image.id) && admits(state, command, image))
        .take(PRUNED_IMAGES_MAX)
        .collect();
    let mut events: Vec<Event> = Vec::new();
    for image in &chosen {
        for name in state.images.names(&image.id) {
            events.push(ImageUntagged { id: image.id, name: name.clone() }.into());
        }
        for source in state.images.sources(&image.id) {
            events.push(ImageDigestRemoved { id: image.id, name: source.name.clone() }.into());
        }
        events.push(ImageDeleted { id: image.id }.into());
    }
    events.push(ImagesPruned { reclaimed_bytes: reclaimed_bytes(state, &chosen) }.into());
    events
}

fn admits(state: &State, command: &PruneImages, image: &Image) -> bool {
    let made = || image.created.parse::<Timestamp>().ok();
    let images = &state.images;
    let is_dangling = images.names(&image.id).is_empty() && images.sources(&image.id).is_empty();
    let has = |label: &LabelFilter| {
        let found = image.config.labels.get(&label.name);
        found.is_some_and(|found| label.value.as_ref().is_none_or(|value| value == found))
    };
    (is_dangling || !command.dangling_only)
        && command.until.is_none_or(|until| made().is_some_and(|made| made <= until))
        && command.labels.iter().all(has)
        && (command.kept_by_labels.is_empty() || !command.kept_by_labels.iter().all(has))
}

/// Adds up the layers that nothing refers to once the images are gone.
fn reclaimed_bytes(state: &State, gone: &[&Image]) -> u64 {
    let mut after = state.images.clone();
    for image in gone {
        after.delete(&image.id);
    }
    let layers = gone.iter().flat_map(|image| &image.layers);
    let freed = layers.filter(|layer| !after.refers_to(&layer.diff_id));
    let once: BTreeMap<_, _> = freed.map(|layer| (layer.diff_id, layer.size_bytes)).collect();
    once.values().sum()
}
