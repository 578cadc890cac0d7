//! Signals of `STOPSIGNAL`, by number or name.

use super::{ChangeError, wrong};

/// The number of the last signal.
const SIGNAL_MAX: u32 = 64;

/// The signals of Linux that have names; those in real time are counted from their ends.
const NAMES: &[&str] = &[
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];

/// Gives the signal as it was written when there is one of that number or name.
pub(super) fn check(text: &str) -> Result<String, ChangeError> {
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let in_real_time = |from: &str, sign: char| {
        let distance = name.strip_prefix(from).and_then(|rest| rest.strip_prefix(sign));
        distance.and_then(|digits| digits.parse::<u32>().ok()).is_some_and(|n| n <= 15)
    };
    let known = match text.parse::<u32>() {
        Ok(number) => (1..=SIGNAL_MAX).contains(&number),
        Err(_) => NAMES.contains(&name) || in_real_time("RTMIN", '+') || in_real_time("RTMAX", '-'),
    };
    if known { Ok(text.to_owned()) } else { wrong(format!("Invalid signal: {text}")) }
}
