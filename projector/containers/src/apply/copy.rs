//! Events of copies.

use journal_domain::CopyEvent;

use crate::State;

pub(crate) fn apply(state: &mut State, event: &CopyEvent) {
    match event {
        CopyEvent::Opened(event) => {
            state.copies.insert_mut(event.id, event.container);
        }
        CopyEvent::Completed(event) => {
            state.copies.remove_mut(&event.id);
        }
        CopyEvent::Failed(event) => {
            state.copies.remove_mut(&event.id);
        }
    }
}
