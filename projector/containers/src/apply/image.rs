//! Events of images and their transfers.

use journal_domain::ImageEvent;
use projector_machine::Stamp;

use crate::{Lineage, State};

pub(crate) fn apply(state: &mut State, event: &ImageEvent, stamp: Stamp) {
    match event {
        ImageEvent::TransferOpened(event) => {
            state.transfers.insert_mut(event.id, event.source);
        }
        ImageEvent::TransferCompleted(event) => {
            state.transfers.remove_mut(&event.id);
        }
        ImageEvent::TransferFailed(event) => {
            state.transfers.remove_mut(&event.id);
        }
        ImageEvent::Added(event) => state.images.add(event.image.clone()),
        ImageEvent::Tagged(event) => state.images.tag_here(event.id, &event.name, stamp.at),
        ImageEvent::Untagged(event) => state.images.untag(event.id, &event.name),
        ImageEvent::Deleted(event) => state.images.delete(&event.id),
        ImageEvent::Pulled(event) => {
            state.transfers.remove_mut(&event.transfer);
            if !event.name.is_digested() && state.images.get(&event.id).is_some() {
                state.images.tag(event.id, &event.name);
            }
            state.images.add_source(event.id, &event.source);
        }
        ImageEvent::Pushed(event) => {
            state.transfers.remove_mut(&event.transfer);
            state.images.add_source(event.id, &event.source);
        }
        ImageEvent::PushedElsewhere(event) => {
            state.transfers.remove_mut(&event.transfer);
        }
        ImageEvent::DigestRemoved(event) => state.images.untag(event.id, &event.name),
        ImageEvent::LayersDropped(event) => state.images.dropped(&event.diff_ids),
        ImageEvent::Made(event) => {
            let (parent, cache_key) = (event.parent, event.cache_key);
            state.images.descend(event.id, Lineage { parent, cache_key });
        }
        ImageEvent::Pruned(_) | ImageEvent::Saved(_) | ImageEvent::BuildCachePruned(_) => {}
    }
}
