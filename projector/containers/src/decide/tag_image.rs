//! `docker tag`.

use journal_domain::{ImageTagged, TagImage};

use super::Decision;
use crate::State;

pub(super) fn tag_image(state: &State, command: &TagImage) -> Decision {
    let image = state.find_image(&command.target, command.target_name.as_ref())?;
    if state.images.names(&image.id).contains(&command.name) {
        return Ok(Vec::new());
    }
    Ok(vec![ImageTagged { id: image.id, name: command.name.clone() }.into()])
}
