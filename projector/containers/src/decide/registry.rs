//! The closing records of pulls and pushes: what came from a registry, and what one has taken.

use journal_domain::{
    AddPulled, CompletePush, Event, ImageAdded, ImageId, ImageName, ImagePulled, ImagePushed,
    ImagePushedElsewhere, ImageSource, Refusal, TransferId,
};

use super::Decision;
use crate::State;

pub(super) fn add_pulled(state: &State, command: &AddPulled) -> Decision {
    check_open(state, command.transfer, ImageSource::Pull)?;
    let id = command.image.id;
    let mut events: Vec<Event> = Vec::new();
    if state.images.get(&id).is_none() {
        let image = command.image.clone();
        events.push(ImageAdded { image, source: ImageSource::Pull }.into());
    }
    let (name, source) = (command.name.clone(), command.source.clone());
    events.push(ImagePulled { transfer: command.transfer, id, name, source }.into());
    Ok(events)
}

pub(super) fn complete_push(state: &State, command: &CompletePush) -> Decision {
    check_open(state, command.transfer, ImageSource::Push)?;
    let CompletePush { transfer, image: id, name, source, sent_bytes } = command.clone();
    if !state.images.names(&id).contains(&name) {
        // A digest in a repository that the image has no name in would hold it when its names are gone.
        let manifest = source.manifest;
        return Ok(vec![ImagePushedElsewhere { transfer, id, name, manifest, sent_bytes }.into()]);
    }
    Ok(vec![ImagePushed { transfer, id, name, source, sent_bytes }.into()])
}

/// Names the digests of an image that go when `name` goes: a repository's digests go with its last tag.
pub(super) fn digests_without(state: &State, id: ImageId, name: &ImageName) -> Vec<ImageName> {
    let repository = name.repository();
    let other_tag = |other: &&ImageName| *other != name && other.repository() == repository;
    if name.is_digested() || state.images.names(&id).iter().any(|other| other_tag(&other)) {
        return Vec::new();
    }
    let digests = state.images.sources(&id).iter().map(|source| &source.name);
    digests.filter(|digested| digested.repository() == repository).cloned().collect()
}

fn check_open(state: &State, transfer: TransferId, source: ImageSource) -> Result<(), Refusal> {
    if state.transfers.get(&transfer) == Some(&source) {
        return Ok(());
    }
    Err(Refusal::Conflict(format!("transfer {transfer} is not open")))
}
