//! `docker rmi`: takes a name away; the last name takes the image with it.

use std::sync::Arc;

use journal_domain::{
    DeleteImage, Event, Image, ImageDeleted, ImageId, ImageName, ImageUntagged, Refusal,
};

use super::Decision;
use crate::{Container, State};

pub(super) fn delete_image(state: &State, command: &DeleteImage) -> Decision {
    let image = state.find_image(&command.target, command.target_name.as_ref())?;
    let names = state.images.names(&image.id);
    let named = command.target_name.as_ref().filter(|name| names.contains(name));
    match named {
        Some(name) if names.len() > 1 => Ok(vec![untag(image.id, name)]),
        Some(name) => delete_last_name(state, command, image, name),
        None => delete_by_id(state, command, image, names),
    }
}

fn delete_last_name(
    state: &State,
    command: &DeleteImage,
    image: &Arc<Image>,
    name: &ImageName,
) -> Decision {
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
        return Ok(vec![untag(image.id, name)]);
    }
    Ok(vec![untag(image.id, name), ImageDeleted { id: image.id }.into()])
}

fn delete_by_id(
    state: &State,
    command: &DeleteImage,
    image: &Arc<Image>,
    names: &[ImageName],
) -> Decision {
    let short = image.id.short();
    if names.len() > 1 && !command.force {
        return Err(Refusal::Conflict(format!(
            "conflict: unable to delete {short} (must be forced) - image is referenced in multiple \
             repositories"
        )));
    }
    if let Some(user) = user_of(state, image.id) {
        let user_id = user.id.short();
        if user.is_active() {
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
    let mut events: Vec<Event> = names.iter().map(|name| untag(image.id, name)).collect();
    events.push(ImageDeleted { id: image.id }.into());
    Ok(events)
}

/// Finds a container made of the image; one that runs comes first.
fn user_of(state: &State, id: ImageId) -> Option<&Arc<Container>> {
    let users = || state.newest_first().filter(|container| container.spec.image_id == Some(id));
    users().find(|container| container.is_active()).or_else(|| users().next())
}

fn untag(id: ImageId, name: &ImageName) -> Event {
    ImageUntagged { id, name: name.clone() }.into()
}
