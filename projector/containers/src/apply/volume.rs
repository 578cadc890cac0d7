//! Events of volumes.

use journal_domain::VolumeEvent;
use projector_machine::Stamp;

use crate::State;

pub(crate) fn apply(state: &mut State, event: &VolumeEvent, stamp: Stamp) {
    match event {
        VolumeEvent::Created(event) => state.volumes.add(&event.volume, stamp.at),
        VolumeEvent::Ready(event) => state.volumes.change(&event.name, |kept| {
            kept.is_made = true;
            kept.copies.retain(|copy| !event.copied.contains(copy));
        }),
        VolumeEvent::RemovalRequested(event) => {
            state.volumes.change(&event.name, |kept| kept.removing = true);
        }
        VolumeEvent::Removed(event) => state.volumes.forget(&event.name),
        VolumeEvent::Doomed(event) => state.volumes.doom_with(event.container),
        // It is there to be read in the log; each removal has events of its own.
        VolumeEvent::Pruned(_) => {}
    }
}
