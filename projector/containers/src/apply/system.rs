//! Events of the server and its streams.

use std::sync::Arc;

use journal_domain::{Network, SystemEvent};
use projector_machine::Stamp;

use crate::{Bridge, State};

pub(crate) fn apply(state: &mut State, event: &SystemEvent, stamp: Stamp) {
    match event {
        // Both are there to be read in the log; what they end has events of its own.
        SystemEvent::Booted(_) | SystemEvent::ContainersPruned(_) => {}
        SystemEvent::KeysForgotten(event) => {
            event.keys.iter().for_each(|key| state.used_keys.forget(key));
        }
        SystemEvent::BridgeConfigured(event) => {
            for network in Network::predefined(&event.bridge) {
                state.networks.add(Arc::new(network), None, stamp.at);
            }
            state.bridge = Some(Bridge { config: event.bridge.clone() });
        }
        SystemEvent::StreamOpened(event) => {
            state.streams.insert_mut(event.id, (event.target, event.kind));
        }
        SystemEvent::StreamClosed(event) => {
            state.streams.remove_mut(&event.id);
        }
    }
}
