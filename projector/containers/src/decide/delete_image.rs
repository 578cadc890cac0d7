//! `docker rmi`: takes a name away; the last name takes the image with it.
//!
//! The digests of a repository belong to its tags: they go with the last one, and do not count as further names.

use std::{collections::BTreeSet, sync::Arc};

use journal_domain::{
    DeleteImage, Event, Image, ImageDeleted, ImageDigestRemoved, ImageEvent, ImageId, ImageName,
    ImageUntagged, Refusal,
};

use super::{Decision, registry::digests_without};
use crate::{Container, State};

/// Images that go with one that was made of them. A record of so many is far below its limit; a prune takes longer chains.
const PARENTS_MAX: usize = 2_000;

pub(super) fn delete_image(state: &State, command: &DeleteImage, with_parents: bool) -> Decision {
    let image = state.find_image(&command.target, command.target_name.as_ref())?;
    let named = command
        .target_name
        .as_ref()
        .filter(|name| state.images.named(name).is_some_and(|named| named.id == image.id));
    let mut events = match named {
        Some(name) => delete_name(state, command, image, name)?,
        None => delete_by_id(state, command, image)?,
    };
    let is_gone = matches!(events.last(), Some(Event::Image(ImageEvent::Deleted(_))));
    if is_gone && with_parents {
        events.extend(parents_of(state, image.id));
    }
    Ok(events)
}

/// Deletes the images that only the deleted one was made of.
fn parents_of(state: &State, id: ImageId) -> Vec<Event> {
    let mut gone = BTreeSet::from([id]);
    let mut events = Vec::new();
    let mut last = id;
    while events.len() < PARENTS_MAX
        && let Some(parent) = spare_parent(state, last, &gone)
        && user_of(state, parent.id).is_none()
    {
        last = parent.id;
        gone.insert(last);
        events.push(ImageDeleted { id: last }.into());
    }
    events
}

/// Finds the image that one was made of, if nothing names it and all that was made of it is `gone`.
pub(super) fn spare_parent<'s>(
    state: &'s State,
    id: ImageId,
    gone: &BTreeSet<ImageId>,
) -> Option<&'s Image> {
    let images = &state.images;
    let parent = images.lineage(&id)?.parent?;
    let is_spare = images.is_nameless(&parent)
        && !gone.contains(&parent)
        && images.children(Some(parent)).iter().all(|child| gone.contains(child));
    images.get(&parent).map(AsRef::as_ref).filter(|_| is_spare)
}

fn delete_name(
    state: &State,
    command: &DeleteImage,
    image: &Arc<Image>,
    name: &ImageName,
) -> Decision {
    let digests = digests_without(state, image.id, name);
    let all = state.images.names(&image.id).len() + state.images.sources(&image.id).len();
    let mut events = vec![untag(image.id, name)];
    events.extend(digests.iter().map(|name| forget(image.id, name)));
    if all > events.len() && !is_single(state, image.id) {
        return Ok(events);
    }
    if let Some(user) = user_of(state, image.id) {
        if !command.force {
            return Err(Refusal::Conflict(format!(
                "conflict: unable to remove repository reference \"{}\" (must force) - container {} is \
                 using its referenced image {}",
                command.target,
                user.id.short(),
                image.id.short()
            )));
        }
        // The containers go on with the image's layers; only the name goes.
        return Ok(events);
    }
    // Images that were made of it keep it, without its name.
    if all == events.len() && !state.images.has_children(&image.id) {
        events.push(ImageDeleted { id: image.id }.into());
    }
    Ok(events)
}

fn delete_by_id(state: &State, command: &DeleteImage, image: &Arc<Image>) -> Decision {
    let short = image.id.short();
    if state.images.has_children(&image.id) {
        return Err(Refusal::Conflict(format!(
            "conflict: unable to delete {short} (cannot be forced) - image has dependent child images"
        )));
    }
    if !is_single(state, image.id) && !command.force {
        return Err(Refusal::Conflict(format!(
            "conflict: unable to delete {short} (must be forced) - image is referenced in multiple \
             repositories"
        )));
    }
    if let Some(user) = user_of(state, image.id) {
        let user_id = user.id.short();
        if user.is_live() {
            return Err(Refusal::Conflict(format!(
                "conflict: unable to delete {short} (cannot be forced) - image is being used by \
                 running container {user_id}"
            )));
        }
        if !command.force {
            return Err(Refusal::Conflict(format!(
                "conflict: unable to delete {short} (must be forced) - image is being used by \
                 stopped container {user_id}"
            )));
        }
    }
    let names = state.images.names(&image.id).iter();
    let digests = state.images.sources(&image.id).iter().map(|source| &source.name);
    let mut events: Vec<Event> = names.chain(digests).map(|name| untag(image.id, name)).collect();
    events.push(ImageDeleted { id: image.id }.into());
    Ok(events)
}

/// Tells whether the image has no more than one tag, and digests of that tag's repository alone.
fn is_single(state: &State, id: ImageId) -> bool {
    let (names, sources) = (state.images.names(&id), state.images.sources(&id));
    let names = names.iter().chain(sources.iter().map(|source| &source.name));
    let mut repositories: Vec<_> = names.map(ImageName::repository).collect();
    repositories.dedup();
    state.images.names(&id).len() <= 1 && repositories.len() <= 1
}

/// Finds a container made of the image; one that runs comes first.
fn user_of(state: &State, id: ImageId) -> Option<&Arc<Container>> {
    let users = || state.newest_first().filter(|container| container.spec.image_id == Some(id));
    users().find(|container| container.is_live()).or_else(|| users().next())
}

fn untag(id: ImageId, name: &ImageName) -> Event {
    ImageUntagged { id, name: name.clone() }.into()
}

fn forget(id: ImageId, name: &ImageName) -> Event {
    ImageDigestRemoved { id, name: name.clone() }.into()
}
