//! Events of pods.

use journal_domain::PodEvent;
use projector_machine::Stamp;

use crate::State;

pub(crate) fn apply(state: &mut State, event: &PodEvent, stamp: Stamp) {
    match event {
        PodEvent::Created(event) => state.pods.add(&event.pod, stamp.at),
        PodEvent::RemovalRequested(event) => state.pods.doom(&event.id),
        PodEvent::Removed(event) => state.pods.forget(&event.id),
    }
}
