//! A log that is opened by its owner without a server.

use std::sync::Arc;

use anyhow::bail;
use journal_rocks::Upkeep;
use projector_containers::Containers;
use projector_engine::{Handle, SystemClock};

use super::{
    log::{self, Beginning, JOURNAL, Log},
    upkeep::LogUpkeep,
};
use crate::places::Places;

/// A log that was opened without a server.
pub(crate) struct Offline {
    log: Log,
    upkeep: Upkeep,
    places: Places,
}

// === impl Offline ===

impl Offline {
    /// Opens the log as its owner, which is a record; it blocks.
    pub(crate) fn open(places: Places, beginning: Beginning) -> anyhow::Result<Self> {
        if !places.data.join(JOURNAL).exists() {
            bail!("there is no log in {}", places.data.display());
        }
        let clock = Arc::new(SystemClock::new());
        let (log, upkeep) = log::open(&places.data, clock, beginning)?;
        Ok(Self { log, upkeep, places })
    }

    /// Gives who submits and reads.
    pub(crate) fn handle(&self) -> &Handle<Containers> {
        &self.log.handle
    }

    /// Gives the care of the log.
    pub(crate) fn upkeep(&self) -> Arc<LogUpkeep> {
        Arc::new(LogUpkeep {
            handle: self.log.handle.clone(),
            upkeep: self.upkeep.clone(),
            places: self.places.clone(),
            live: None,
            require_export: false,
            turn: tokio::sync::Mutex::new(()),
        })
    }

    /// Ends the writing and gives the log up.
    pub(crate) async fn close(self) {
        self.log.handle.stop();
        self.log.handle.ended().await;
    }
}
