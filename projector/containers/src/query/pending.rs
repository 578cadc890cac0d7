//! What is still to be done by a backend: the outbox, as the state has it.

use std::sync::Arc;

use journal_domain::{Digest, KeyId};

use crate::{Container, Exec, KeptNetwork, KeptVolume, State};

/// What backends still have to do, read from one snapshot.
#[derive(Debug)]
pub struct Work<'a> {
    state: &'a State,
}

impl State {
    /// Gives what backends still have to do.
    pub const fn work(&self) -> Work<'_> {
        Work { state: self }
    }

    /// Goes through the keys of all sealed values.
    pub fn keys(&self) -> impl Iterator<Item = KeyId> {
        self.containers.values().flat_map(|container| container.keys.iter().copied())
    }

    /// Goes through every container that should have a process.
    pub fn active(&self) -> impl Iterator<Item = &Arc<Container>> {
        self.containers.values().filter(|container| container.is_active())
    }
}

// === impl Work ===

impl<'a> Work<'a> {
    /// Goes through the containers that need something.
    pub fn containers(&self) -> impl Iterator<Item = &'a Arc<Container>> + use<'a> {
        let state = self.state;
        state.pending_containers.iter().filter_map(|id| state.container(id))
    }

    /// Goes through the execs that need something.
    pub fn execs(&self) -> impl Iterator<Item = &'a Arc<Exec>> + use<'a> {
        let state = self.state;
        state.pending_execs.iter().filter_map(|id| state.exec(id))
    }

    /// Goes through the volumes that need something.
    pub fn volumes(&self) -> impl Iterator<Item = &'a Arc<KeptVolume>> + use<'a> {
        self.state.volumes.pending()
    }

    /// Goes through the networks that need something.
    pub fn networks(&self) -> impl Iterator<Item = &'a Arc<KeptNetwork>> + use<'a> {
        self.state.networks.pending()
    }

    /// Goes through the layers and configurations that nothing refers to any more.
    pub fn unreferenced(&self) -> impl Iterator<Item = &'a Digest> + use<'a> {
        self.state.images.garbage()
    }
}
