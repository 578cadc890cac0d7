//! What nobody wants is done away with once two lists have shown it, a while apart.

use std::collections::BTreeMap;

use backends_core::{Found, FoundRun};
use backends_reconcile::Swept;
use journal_domain::ContainerId;
use journal_log::Timestamp;
use projector_containers::State;

use crate::{Violation, sim::GRACE};

/// Since when the lists of one server have shown something that the log does not know.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    seen: BTreeMap<(ContainerId, u32), Timestamp>,
}

// === impl Orphans ===

impl Orphans {
    /// Another server has not seen anything yet.
    pub(super) fn forget(&mut self) {
        self.seen.clear();
    }

    /// Compares what a list has shown with what was made of it.
    pub(crate) fn swept(
        &mut self,
        now: Timestamp,
        found: &[Found],
        state: &State,
        swept: &Swept,
    ) -> Result<(), Violation> {
        let mut seen = BTreeMap::new();
        for found in found.iter().filter(|found| state.container(&found.container).is_none()) {
            let (incarnation, is_running) = match &found.run {
                Some(FoundRun::Running { incarnation, .. }) => (*incarnation, true),
                Some(FoundRun::Ended { incarnation, .. }) => (*incarnation, false),
                None => (0, false),
            };
            if is_running && !found.own {
                continue;
            }
            let key = (found.container, incarnation);
            let since = self.seen.get(&key).copied().unwrap_or(now);
            seen.insert(key, since);
            let acted = swept.strays.iter().any(|stray| stray.container == found.container);
            if now.saturating_since(since) >= GRACE && !acted {
                let what = format!(
                    "{}#{incarnation} was shown since {since}, and nothing is done about it",
                    found.container
                );
                return Err(Violation::new("orphans", what));
            }
        }
        self.seen = seen;
        Ok(())
    }
}
