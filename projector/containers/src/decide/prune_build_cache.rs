//! `docker builder prune`: the images go that only spare a build its steps.
//!
//! That is an image without a name that a build made and no container is made of. One that a named image was made of goes only
//! where all are asked for: the named image has all its layers without it.

use std::collections::BTreeSet;

use journal_domain::{BuildCachePruned, Event, Image, ImageDeleted, ImageId, PruneBuildCache};
use journal_log::Timestamp;

use super::prune_images::{PRUNED_IMAGES_MAX, has_label, reclaimed_bytes};
use crate::State;

pub(super) fn prune_build_cache(state: &State, command: &PruneBuildCache) -> Vec<Event> {
    let images = &state.images;
    let mut kept: BTreeSet<ImageId> =
        state.newest_first().filter_map(|container| container.spec.image_id).collect();
    if !command.all {
        kept.extend(images.iter().map(|image| image.id).filter(|id| !images.is_nameless(id)));
        keep_ancestors(state, &mut kept);
    }
    let mut chosen: Vec<&Image> = images
        .iter()
        .map(AsRef::as_ref)
        .filter(|image| is_cache(state, image) && !kept.contains(&image.id))
        .filter(|image| admits(command, image))
        .collect();
    // The newest first, as what may stay is chosen.
    chosen.sort_by_cached_key(|image| std::cmp::Reverse((made(image), image.id)));
    let mut left_bytes = command.kept_bytes;
    chosen.retain(|image| {
        let own = image.layers.last().map_or(0, |layer| layer.size_bytes);
        let stays = own <= left_bytes && command.kept_bytes > 0;
        left_bytes = left_bytes.saturating_sub(own);
        !stays
    });
    chosen.truncate(PRUNED_IMAGES_MAX);
    let mut events: Vec<Event> =
        chosen.iter().map(|image| ImageDeleted { id: image.id }.into()).collect();
    let reclaimed_bytes = reclaimed_bytes(state, &chosen);
    events.push(BuildCachePruned { reclaimed_bytes }.into());
    events
}

/// Adds the images that the kept ones were made of.
fn keep_ancestors(state: &State, kept: &mut BTreeSet<ImageId>) {
    let mut next: Vec<ImageId> = kept.iter().copied().collect();
    while let Some(id) = next.pop() {
        let parent = state.images.lineage(&id).and_then(|lineage| lineage.parent);
        next.extend(parent.filter(|parent| kept.insert(*parent)));
    }
}

fn is_cache(state: &State, image: &Image) -> bool {
    let step = state.images.lineage(&image.id).and_then(|lineage| lineage.cache_key);
    step.is_some() && state.images.is_nameless(&image.id)
}

fn admits(command: &PruneBuildCache, image: &Image) -> bool {
    let begins =
        |id: &String| image.id.hex().starts_with(id.strip_prefix("sha256:").unwrap_or(id.as_str()));
    command.until.is_none_or(|until| made(image).is_some_and(|made| made <= until))
        && command.labels.iter().all(|label| has_label(image, label))
        && (command.ids.is_empty() || command.ids.iter().any(begins))
}

fn made(image: &Image) -> Option<Timestamp> {
    image.created.parse().ok()
}
