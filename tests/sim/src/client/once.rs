//! Creates under a key of the client's, which asks again until it has an answer, and sometimes after that.

use fastrand::Rng;
use journal_domain::{
    ContainerCommand, ContainerId, CreateContainerOnce, CreateContainerWith, Digest,
};

use super::{bytes, pick};

/// Creates that may be asked for again.
const REMEMBERED: usize = 16;

/// What was asked for under keys.
#[derive(Debug)]
pub(super) struct Once {
    asked: Vec<CreateContainerOnce>,
    /// Whether a key is another one each time, which is a mistake.
    forgets_keys: bool,
}

// === impl Once ===

impl Once {
    pub(super) const fn new(forgets_keys: bool) -> Self {
        Self { asked: Vec::new(), forgets_keys }
    }

    /// Asks for the first time.
    pub(super) fn first(
        &mut self,
        rng: &mut Rng,
        create: CreateContainerWith,
    ) -> CreateContainerOnce {
        let (key, request) = (Digest::from_bytes(bytes(rng)), Digest::from_bytes(bytes(rng)));
        let once = CreateContainerOnce { create, key, request };
        if self.asked.len() == REMEMBERED {
            self.asked.remove(0);
        }
        self.asked.push(once.clone());
        once
    }

    /// Asks again: each try has an identity of its own for the container, and the key is the same.
    pub(super) fn again(&self, rng: &mut Rng) -> Option<ContainerCommand> {
        let mut once = pick(rng, &self.asked)?.clone();
        once.create.create.id = ContainerId::from_bytes(bytes(rng));
        if self.forgets_keys {
            once.key = Digest::from_bytes(bytes(rng));
        }
        Some(once.into())
    }
}
