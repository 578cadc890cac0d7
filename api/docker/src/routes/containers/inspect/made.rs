//! Answers that were made before.
//!
//! Clients ask for the same container again and again while they wait for it. What the answer is made of never
//! changes in place: as long as the state has the very same container, the answer is the same bytes.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use journal_domain::NetworkId;
use projector_containers::{Container, State};

/// Answers that are kept: a megabyte or so, and more containers than are waited for at a time.
const ANSWERS_MAX: usize = 256;

/// The last answers, each in the place that its container's id gives it.
#[derive(Debug)]
pub(super) struct MadeAnswers {
    places: Vec<ArcSwapOption<Made>>,
}

/// An answer and what it was made of.
#[derive(Debug)]
struct Made {
    container: Arc<Container>,
    networks: Vec<Option<NetworkId>>,
    body: Bytes,
}

// === impl MadeAnswers ===

impl MadeAnswers {
    pub(super) fn new() -> Self {
        Self { places: std::iter::repeat_with(ArcSwapOption::empty).take(ANSWERS_MAX).collect() }
    }

    /// Gives the answer for a container, which `make` makes unless it is here.
    pub(super) fn get_or_make(
        &self,
        state: &State,
        container: &Arc<Container>,
        make: impl FnOnce() -> Bytes,
    ) -> Bytes {
        // Execs are objects of their own, so the container alone does not say which of them run.
        if !container.execs.is_empty() {
            return make();
        }
        let networks = networks(state, container);
        let index = usize::from(container.id.as_bytes()[0]) % self.places.len();
        let place = &self.places[index];
        if let Some(made) = &*place.load()
            && Arc::ptr_eq(&made.container, container)
            && made.networks == networks
        {
            return made.body.clone();
        }
        let body = make();
        let container = Arc::clone(container);
        place.store(Some(Arc::new(Made { container, networks, body: body.clone() })));
        body
    }
}

/// Gives the networks that a container's places mean now: those of one that does not run may come and go.
fn networks(state: &State, container: &Container) -> Vec<Option<NetworkId>> {
    let endpoints = container.endpoints.iter();
    let found = endpoints.map(|endpoint| state.networks().find(endpoint.network()).ok());
    found.map(|kept| kept.map(|kept| kept.network.id)).collect()
}
