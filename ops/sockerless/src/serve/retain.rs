//! Retention: the log gives its beginning up as it grows, or grows old.
//!
//! Records are given up below a snapshot only, and snapshots lie where the log has grown much, not where it is as old as
//! is asked for: one is made of the very point. So that this is not done for each record, a tenth more is kept first.

use std::{fmt, sync::Arc, time::Duration};

use anyhow::Context as _;
use api_ops::TrimAsked;
use journal_log::{JournalReader, Seq, Timestamp};
use projector_engine::Point;
use tokio::time::MissedTickBehavior;

use super::upkeep::LogUpkeep;
use crate::{exit, settings::Retain};

/// The least time between two looks; a look that finds nothing to do costs a comparison.
const LOOK_EVERY_MIN: Duration = Duration::from_secs(1);

/// The most time between two looks.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(60);

/// A log is looked at so many times in the span that it keeps.
const LOOKS_IN_SPAN: u32 = 10;

/// What is kept beyond what is asked for, before it is given up: one part in so many of it.
const SLACK_PARTS: u32 = 10;

/// Who gives records up.
const PRINCIPAL: &str = "retention";

/// Gives records up, at once and again and again, until the runtime ends: a server that never lives for long trims too.
pub(super) async fn keep(upkeep: Arc<LogUpkeep>, retain: Retain) {
    let mut told = String::new();
    let mut looks = tokio::time::interval(pause(retain));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let outcome = match upkeep.snapshot_to_begin_with(retain).await {
            Ok(None) => continue,
            Ok(Some(before)) => give_up(&upkeep, retain, before).await,
            Err(error) => Err(error),
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
    /// Returns the point before which everything may go, where so much is there that it is worth while.
    pub(super) fn surplus(
        self,
        reader: &dyn JournalReader,
        now: Timestamp,
    ) -> anyhow::Result<Option<Point>> {
        let (first, head) = (reader.first(), reader.head());
        if head < first {
            return Ok(None);
        }
        match self {
            Self::Records(count) => {
                let count = count.get();
                let held = head.get() - first.previous().get();
                let is_much = held > count + count / u64::from(SLACK_PARTS);
                Ok(is_much.then(|| Point::Record(Seq::new(head.get() - count))))
            }
            Self::Span(span) => {
                let oldest = reader.read(first)?.next().context("the record is missing")??;
                let age = now.saturating_since(oldest.header.hlc.wall());
                let is_much = age > span + span / SLACK_PARTS;
                Ok(is_much.then(|| Point::Time(now.saturating_sub(span))))
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
