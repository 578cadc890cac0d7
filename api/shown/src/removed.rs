//! What a removal of images tells: the names, the images and the layers that went.

use std::collections::BTreeSet;

use api_types::ImageDeleteItem;
use journal_domain::{Digest, Event, ImageEvent, ImageName};
use projector_containers::State;

/// Gives what went with `events`, in their order; with each image its layers, the highest first, that nothing refers
/// to in `after`.
pub fn removed_items(events: &[Event], before: &State, after: &State) -> Vec<ImageDeleteItem> {
    let mut items = Vec::new();
    let mut told: BTreeSet<Digest> = BTreeSet::new();
    for event in events {
        match event {
            Event::Image(ImageEvent::Untagged(event)) => items.push(untagged(&event.name)),
            Event::Image(ImageEvent::DigestRemoved(event)) => items.push(untagged(&event.name)),
            Event::Image(ImageEvent::Deleted(event)) => {
                items.push(deleted(event.id));
                let image = before.images().get(&event.id);
                let layers = image.into_iter().flat_map(|image| image.layers.iter().rev());
                let gone = layers
                    .map(|layer| layer.diff_id)
                    .filter(|layer| !after.images().refers_to(layer) && told.insert(*layer));
                items.extend(gone.map(deleted));
            }
            Event::Image(_)
            | Event::Container(_)
            | Event::Copy(_)
            | Event::Exec(_)
            | Event::Network(_)
            | Event::Pod(_)
            | Event::Pool(_)
            | Event::System(_)
            | Event::Volume(_) => {}
        }
    }
    items
}

fn untagged(name: &ImageName) -> ImageDeleteItem {
    ImageDeleteItem { untagged: name.familiar().to_owned(), ..ImageDeleteItem::default() }
}

fn deleted(digest: Digest) -> ImageDeleteItem {
    ImageDeleteItem { deleted: digest.to_string(), ..ImageDeleteItem::default() }
}
