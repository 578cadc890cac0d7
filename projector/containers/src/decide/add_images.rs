//! Import and load: an opening record, bytes beside the log, and a closing record.

use journal_domain::{
    AddImages, Event, FailTransfer, ImageAdded, ImageTagged, OpenTransfer, Refusal,
    TransferCompleted, TransferFailed, TransferOpened,
};

use super::Decision;
use crate::State;

pub(super) fn open(command: &OpenTransfer) -> Vec<Event> {
    let (id, source, name) = (command.id, command.source, command.name.clone());
    vec![TransferOpened { id, source, name }.into()]
}

pub(super) fn add(state: &State, command: &AddImages) -> Decision {
    let Some(source) = state.transfers.get(&command.transfer).copied() else {
        return Err(Refusal::Conflict(format!("transfer {} is not open", command.transfer)));
    };
    let mut events: Vec<Event> = Vec::new();
    for (image, names) in &command.images {
        if state.images.get(&image.id).is_none() {
            events.push(ImageAdded { image: image.clone(), source }.into());
        }
        for name in names {
            events.push(ImageTagged { id: image.id, name: name.clone() }.into());
        }
    }
    let images = command.images.iter().map(|(image, _)| image.id).collect();
    events.push(TransferCompleted { id: command.transfer, images }.into());
    Ok(events)
}

pub(super) fn fail(state: &State, command: &FailTransfer) -> Vec<Event> {
    if !state.transfers.contains_key(&command.transfer) {
        return Vec::new();
    }
    vec![TransferFailed { id: command.transfer, reason: command.reason.clone() }.into()]
}
