//! Docker's short words for where a container is in its life.

use std::time::Duration;

use journal_log::Timestamp;

use crate::{Container, Health, Phase};

/// Gives the status line of `docker ps`, such as `Up 5 minutes` or `Exited (0) 2 hours ago`.
///
/// Words and steps as in Docker's go-units `HumanDuration`.
pub fn status_text(container: &Container, now: Timestamp) -> String {
    let ago = |at: Timestamp| human_duration(now.saturating_since(at));
    match &container.phase {
        Phase::Running(running) => {
            let up = format!("Up {}", ago(running.started_at));
            match Health::of(container) {
                _ if running.paused => format!("{up} (Paused)"),
                Health::None => up,
                Health::Starting => format!("{up} (health: starting)"),
                Health::Healthy => format!("{up} (healthy)"),
                Health::Unhealthy => format!("{up} (unhealthy)"),
            }
        }
        Phase::Created(_) | Phase::Exited(_) if container.removing => "Removal In Progress".into(),
        Phase::Created(_) | Phase::Starting(_) => "Created".into(),
        Phase::Exited(exited) => {
            let report = &exited.report;
            let code =
                exited.failure.as_ref().map_or(report.exit_code, |failure| failure.exit_code);
            let word = if container.restarts.due.is_some() { "Restarting" } else { "Exited" };
            format!("{word} ({code}) {} ago", ago(report.finished_at))
        }
    }
}

fn human_duration(elapsed: Duration) -> String {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    let seconds = elapsed.as_secs();
    let hours = (seconds + HOUR / 2) / HOUR;
    match seconds {
        0 => "Less than a second".into(),
        1 => "1 second".into(),
        2..60 => format!("{seconds} seconds"),
        60..120 => "About a minute".into(),
        120..HOUR => format!("{} minutes", seconds / 60),
        _ if hours <= 1 => "About an hour".into(),
        _ if hours < 48 => format!("{hours} hours"),
        _ if hours < 24 * 7 * 2 => format!("{} days", hours / 24),
        _ if hours < 24 * 30 * 2 => format!("{} weeks", hours / 24 / 7),
        _ if hours < 24 * 365 * 2 => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", seconds / DAY / 365),
    }
}

#[cfg(test)]
mod tests;
