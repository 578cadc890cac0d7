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
    let mut chosen: Vec<&Image> = state
        .images
        .iter()
        .map(AsRef::as_ref)
        .filter(|image| !used.contains(&image.id) && admits(state, command, image))
        .take(PRUNED_IMAGES_MAX)
        .collect();
    add_parents(state, &used, &mut chosen);
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
    let is_nameless = images.is_nameless(&image.id);
    // A nameless image that others were made of goes with the last of those.
    if is_nameless && images.has_children(&image.id) {
        return false;
    }
    let has = |label: &LabelFilter| has_label(image, label);
    (is_nameless || !command.dangling_only)
        && command.until.is_none_or(|until| made().is_some_and(|made| made <= until))
        && command.labels.iter().all(has)
        && (command.kept_by_labels.is_empty() || !command.kept_by_labels.iter().all(has))
}

/// Adds the nameless images that those which go were made of, where nothing else was made of them.
fn add_parents<'s>(state: &'s State, used: &BTreeSet<ImageId>, chosen: &mut Vec<&'s Image>) {
    let mut gone: BTreeSet<ImageId> = chosen.iter().map(|image| image.id).collect();
    let mut next = 0;
    while next < chosen.len() && chosen.len() < PRUNED_IMAGES_MAX {
        let parent = super::delete_image::spare_parent(state, chosen[next].id, &gone);
        next += 1;
        if let Some(parent) = parent.filter(|parent| !used.contains(&parent.id)) {
            gone.insert(parent.id);
            chosen.push(parent);
        }
    }
}

/// Tells whether an image has a label.
pub(super) fn has_label(image: &Image, label: &LabelFilter) -> bool {
    let found = image.config.labels.get(&label.name);
    found.is_some_and(|found| label.value.as_ref().is_none_or(|value| value == found))
}

/// Adds up the layers that nothing refers to once the images are gone.
pub(super) fn reclaimed_bytes(state: &State, gone: &[&Image]) -> u64 {
    let mut after = state.images.clone();
    for image in gone {
        after.delete(&image.id);
    }
    let layers = gone.iter().flat_map(|image| &image.layers);
    let freed = layers.filter(|layer| !after.refers_to(&layer.diff_id));
    let once: BTreeMap<_, _> = freed.map(|layer| (layer.diff_id, layer.size_bytes)).collect();
    once.values().sum()
}
