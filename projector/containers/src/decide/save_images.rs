//! `docker save`: a read, which is on record because images leave the host with it.

use journal_domain::{ImagesSaved, Refusal, SaveImages};

use super::Decision;
use crate::State;

pub(super) fn save_images(state: &State, command: &SaveImages) -> Decision {
    // What is asked for is held already, so what is here now stays until it is read.
    match command.images.iter().find(|id| state.images.get(id).is_none()) {
        Some(missing) => Err(Refusal::NoSuchImage(missing.to_string())),
        None => Ok(vec![ImagesSaved { images: command.images.clone() }.into()]),
    }
}
