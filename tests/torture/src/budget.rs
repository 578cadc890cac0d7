//! Times in the words of a person, and a budget divided among suites.

use std::time::Duration;

/// Reads `90s`, `60m` or `8h`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is no time such as 90s, 60m or 8h");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => number,
        "m" => number.saturating_mul(60),
        "h" => number.saturating_mul(3600),
        _ => return Err(wrong()),
    };
    if seconds == 0 {
        Err("nothing can be tried in no time".to_owned())
    } else {
        Ok(Duration::from_secs(seconds))
    }
}

/// Gives the next suite its part of what is left: `part` of all parts that are still to come.
pub(crate) fn share(left: Duration, part: u32, parts_to_come: u32) -> Duration {
    left * part / parts_to_come.max(part).max(1)
}

/// Writes a time as minutes and seconds.
pub(crate) fn shown(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

/// Says how many are to be tried next, after `tried` have taken `took`, where `left` is left; none where the rest is
/// not worth a beginning.
pub(crate) fn next_count(tried: u64, took: Duration, left: Duration, most: u64) -> Option<u64> {
    /// What a run may take of what is left, so that a slow one still ends in time.
    const SHARE: f64 = 0.9;
    /// Below this part of what was measured a run would be mostly its own beginning.
    const WORTH: f64 = 0.3;
    let rate = tried as f64 / took.as_secs_f64().max(0.001);
    let count = rate * left.as_secs_f64() * SHARE;
    (count >= tried as f64 * WORTH && count >= 1.0).then_some((count as u64).min(most))
}

#[cfg(test)]
mod tests;
