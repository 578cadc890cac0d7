//! Waiting for a condition, with a limit and a name.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::{Instant, sleep};

/// Pause between two looks: short beside anything a person would notice, long beside a look.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks again and again until `look` finds something, and fails with `what` when `limit` has passed.
///
/// A look that fails is tried again too; the last failure is told with the error.
pub async fn eventually<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        let last = match look().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if Instant::now() >= end {
            let late = format!("{what}: not within {limit:?}");
            return Err(match last {
                Some(error) => error.context(late),
                None => anyhow!(late),
            });
        }
        sleep(PAUSE).await;
    }
}
