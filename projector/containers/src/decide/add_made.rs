//! `docker commit` and `docker build`: images that are made here, of others that are here.

use std::collections::BTreeSet;

use journal_domain::{
    AddMade, Event, ImageAdded, ImageId, ImageMade, ImageSource, ImageTagged, Refusal,
    TransferCompleted,
};

use super::Decision;
use crate::State;

pub(super) fn add_made(state: &State, command: &AddMade) -> Decision {
    let source = state.transfers.get(&command.transfer).copied();
    let Some(source @ (ImageSource::Commit | ImageSource::Build)) = source else {
        return Err(Refusal::Conflict(format!("transfer {} is not open", command.transfer)));
    };
    let mut events: Vec<Event> = Vec::new();
    let mut new: BTreeSet<ImageId> = BTreeSet::new();
    let is_here =
        |id: &ImageId, new: &BTreeSet<ImageId>| new.contains(id) || state.images.get(id).is_some();
    for made in &command.images {
        if let Some(parent) = made.parent.filter(|parent| !is_here(parent, &new)) {
            // Somebody removed it while the step was done.
            return Err(Refusal::NoSuchImage(parent.to_string()));
        }
        let id = made.image.id;
        if state.images.get(&id).is_none() {
            events.push(ImageAdded { image: made.image.clone(), source }.into());
        }
        new.insert(id);
        let (parent, cache_key, commit) = (made.parent, made.cache_key, command.commit.clone());
        let end = command.end.as_ref().filter(|end| end.image == id);
        let names = end.map(|end| end.names.clone()).unwrap_or_default();
        events.push(ImageMade { id, parent, cache_key, commit, names }.into());
    }
    if let Some(end) = &command.end {
        if !is_here(&end.image, &new) {
            return Err(Refusal::NoSuchImage(end.image.to_string()));
        }
        for name in &end.names {
            events.push(ImageTagged { id: end.image, name: name.clone() }.into());
        }
        events.push(TransferCompleted { id: command.transfer, images: vec![end.image] }.into());
    }
    Ok(events)
}
