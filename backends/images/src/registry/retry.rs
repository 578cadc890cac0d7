//! How often and when something is tried again.

use std::time::Duration;

use http::{HeaderMap, header::RETRY_AFTER};
use jiff::Timestamp;

/// How often one thing is tried in all, as dockerd does.
pub(super) const ATTEMPTS_MAX: u32 = 5;

/// The longest time that a registry may ask to wait for. Who asks for more is told to come back by himself.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The pauses between attempts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses {
    /// The first one; each further one is twice as long.
    pub(super) first: Duration,
}

impl Default for Pauses {
    /// Half a second: all attempts together take eight, in which a registry that restarts is back.
    fn default() -> Self {
        Self { first: Duration::from_millis(500) }
    }
}

impl Pauses {
    /// Gives the pause after so many failures; `None` when it is enough, or when the registry asks for too much.
    pub(super) fn after(&self, failures: u32, asked: Option<Duration>) -> Option<Duration> {
        if failures >= ATTEMPTS_MAX {
            return None;
        }
        let own = self.first * 2_u32.pow(failures.saturating_sub(1));
        let pause = asked.map_or(own, |asked| asked.max(own));
        (pause <= WAIT_MAX).then_some(pause)
    }
}

/// Reads how long a registry asks to wait: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
