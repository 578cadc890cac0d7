//! `docker tag`. A name that the image has already is given once more: that is when it was tagged for the last time.

use journal_domain::{ImageTagged, TagImage};

use super::Decision;
use crate::State;

pub(super) fn tag_image(state: &State, command: &TagImage) -> Decision {
    let image = state.find_image(&command.target, command.target_name.as_ref())?;
    Ok(vec![ImageTagged { id: image.id, name: command.name.clone() }.into()])
}
