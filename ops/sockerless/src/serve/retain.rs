//! Retention: the log gives its beginning up as it grows, or grows old.
//!
//! What is older is given up below the newest snapshot that is old enough, so up to the way between two snapshots more
//! is kept than asked. Where a number of records is kept that is smaller than that way, snapshots are made for this.

use std::{fmt, sync::Arc, time::Duration};

use anyhow::Context as _;
use api_ops::TrimAsked;
use journal_log::{JournalReader, Seq};
use projector_engine::{Clock as _, SystemClock};

use super::upkeep::LogUpkeep;
use crate::{exit, settings::Retain};

/// The least time between two looks; a look that finds nothing to do costs a comparison.
const LOOK_EVERY_MIN: Duration = Duration::from_secs(1);

/// The most time between two looks.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(60);

/// A log is looked at so many times in the span that it keeps: a tenth more is kept at most.
const LOOKS_IN_SPAN: u32 = 10;

/// Who gives records up.
const PRINCIPAL: &str = "retention";

/// Gives records up again and again, until the runtime ends.
pub(super) async fn keep(upkeep: Arc<LogUpkeep>, retain: Retain) {
    let mut told = String::new();
    loop {
        tokio::time::sleep(pause(retain)).await;
        let own = Arc::clone(&upkeep);
        let found = tokio::task::spawn_blocking(move || own.first_to_keep(retain)).await;
        let outcome = match found {
            Ok(Ok(None)) => continue,
            Ok(Ok(Some(before))) => give_up(&upkeep, retain, before).await,
            Ok(Err(error)) => Err(error),
            // The runtime is ending.
            Err(_) => return,
        };
        // It is tried at each look, and told once.
        let reason = outcome.err().map(|error| exit::chain(error.as_ref())).unwrap_or_default();
        if !reason.is_empty() && reason != told {
            tracing::warn!(%retain, "the beginning of the log stays: {reason}");
        }
        told = reason;
    }
}

async fn give_up(upkeep: &Arc<LogUpkeep>, retain: Retain, before: Seq) -> anyhow::Result<()> {
    let asked = TrimAsked {
        before: before.to_string(),
        reason: format!("{retain} are kept"),
        require_export: false,
    };
    let done = Arc::clone(upkeep).give_up(asked, PRINCIPAL.to_owned()).await?;
    tracing::info!(%retain, %done, "the beginning of the log is given up");
    Ok(())
}

fn pause(retain: Retain) -> Duration {
    match retain {
        Retain::Records(_) => LOOK_EVERY_MIN,
        Retain::Span(span) => (span / LOOKS_IN_SPAN).clamp(LOOK_EVERY_MIN, LOOK_EVERY_MAX),
    }
}

// === impl Retain ===

impl Retain {
    /// Tells whether what is before the record `seq` may go.
    pub(super) fn lets_go(self, reader: &dyn JournalReader, seq: Seq) -> anyhow::Result<bool> {
        match self {
            Self::Records(count) => {
                Ok(reader.head().get().saturating_sub(seq.get()) >= count.get())
            }
            Self::Span(span) => {
                let record = reader.read(seq)?.next().context("the record is missing")??;
                let now = SystemClock::new().now();
                Ok(now.saturating_since(record.header.hlc.wall()) >= span)
            }
        }
    }
}

impl fmt::Display for Retain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records(count) => write!(f, "{count} records"),
            Self::Span(span) => write!(f, "{} seconds of records", span.as_secs()),
        }
    }
}
