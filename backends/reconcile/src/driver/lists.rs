//! Asking what runs: once at the start, and again and again where a backend's reports may get lost.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use backends_core::{Backend, EffectError, Found, Sweeps};
use journal_domain::Signal;
use projector_containers::{Containers, State};
use projector_engine::{Handle, World};
use tokio::time::Instant;

use crate::{Limits, Look, Progress, Sightings, Stray, Swept, record::Recorder, sweep};

/// The number of the signal that ends a run which the log does not know. The log counts a container's from 1.
const STRAY_SIGNAL: u32 = 0;

/// Everything that was found at once.
pub(super) struct List {
    /// The state from before it was asked for.
    before: Arc<World<Containers>>,
    found: Vec<Found>,
}

type Listing = Pin<Box<dyn Future<Output = Result<List, EffectError>> + Send>>;

/// Lists, and what they have shown so far.
pub(super) struct Lists {
    handle: Handle<Containers>,
    backend: Arc<dyn Backend>,
    sweeps: Option<Sweeps>,
    due: Instant,
    under_way: Option<Listing>,
    seen: Sightings,
}

// === impl Lists ===

impl Lists {
    pub(super) fn new(recorder: &Recorder, backend: &Arc<dyn Backend>) -> Self {
        Self {
            handle: recorder.handle().clone(),
            backend: Arc::clone(backend),
            sweeps: backend.info().sweeps,
            due: Instant::now(),
            under_way: None,
            seen: Sightings::default(),
        }
    }

    /// Gives the list that a start begins with, however long that takes.
    pub(super) async fn first(&mut self, limits: &Limits) -> List {
        let mut pause = limits.backoff_first;
        loop {
            match self.list().await {
                Ok(list) => return list,
                Err(error) => {
                    tracing::error!(%error, "what runs cannot be listed; trying again");
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(limits.backoff_max);
                }
            }
        }
    }

    /// Waits for the next list; for ever where the backend loses no report.
    ///
    /// It may be dropped while it waits, and nothing is lost.
    pub(super) async fn next(&mut self) -> List {
        let Some(sweeps) = self.sweeps else { return std::future::pending().await };
        loop {
            if self.under_way.is_none() {
                tokio::time::sleep_until(self.due).await;
            }
            let listing = self.under_way.take().unwrap_or_else(|| self.list());
            let list = self.under_way.insert(listing).await;
            self.under_way = None;
            self.due = Instant::now() + sweeps.every;
            match list {
                Ok(list) => return list,
                Err(error) => tracing::warn!(%error, "what runs cannot be listed"),
            }
        }
    }

    /// Compares a list with the state as it is now.
    pub(super) fn sweep(&mut self, list: &List, state: &State, progress: &Progress) -> Swept {
        let grace = self.sweeps.map_or(Duration::ZERO, |sweeps| sweeps.grace);
        let now = Instant::now();
        let look = Look { before: &list.before.state, progress, now, grace };
        sweep(&look, state, &list.found, &mut self.seen)
    }

    fn list(&self) -> Listing {
        let (before, backend) = (self.handle.snapshot(), Arc::clone(&self.backend));
        Box::pin(async move { Ok(List { before, found: backend.list().await? }) })
    }
}

/// Ends what runs of a stray, and removes what is left of it. What fails is found again by the next list.
pub(super) async fn remove(backend: &dyn Backend, stray: Stray) {
    let container = stray.container;
    if let Some(run) = stray.running
        && let Err(error) = backend.signal(run, STRAY_SIGNAL, Signal::KILL).await
    {
        tracing::warn!(%container, %error, "a run that the log does not know cannot be ended");
    }
    if !stray.is_unknown || journal_log::planted!("orphan-not-removed") {
        return;
    }
    match backend.remove(container).await {
        Ok(()) => tracing::info!(%container, "what was left of a container is removed"),
        Err(error) => tracing::warn!(%container, %error, "what was left of a container stays"),
    }
}
