//! Signals by name and number, as Docker's clients give them (`SIGHUP`, `hup`, `1`, `RTMIN+3`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A Linux signal number, 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Signal(u8);

impl Signal {
    /// The signal that no process can catch.
    pub const KILL: Self = Self(9);
    /// What `docker stop` sends unless the image or the caller says otherwise.
    pub const TERM: Self = Self(15);

    /// Gives the number, 1 to 64.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// Tells that a text names no signal, in Docker's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid signal: {0}")]
pub struct ParseSignalError(String);

/// Names in the order of their numbers on x86-64 and arm64 Linux (`signal(7)`), from 1.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Second names of some signals.
const ALIASES: [(&str, u8); 4] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31)];

/// The first real-time signal a program may use: glibc keeps 32 and 33 for itself.
const RTMIN: u8 = 34;
const MAX: u8 = 64;

// === impl Signal ===

impl FromStr for Signal {
    type Err = ParseSignalError;

    fn from_str(text: &str) -> Result<Self, ParseSignalError> {
        let error = || ParseSignalError(text.chars().take(64).collect());
        if let Ok(number) = text.parse::<u8>() {
            return if (1..=MAX).contains(&number) { Ok(Self(number)) } else { Err(error()) };
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(index) = NAMES.iter().position(|known| *known == name) {
            return Ok(Self(u8::try_from(index + 1).expect("31 names")));
        }
        if let Some((_, number)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
            return Ok(Self(*number));
        }
        real_time(name).ok_or_else(error)
    }
}

/// Reads `RTMIN`, `RTMIN+n`, `RTMAX` and `RTMAX-n`.
fn real_time(name: &str) -> Option<Signal> {
    let offset = |digits: &str, sign: char| match digits {
        "" => Some(0),
        _ => digits.strip_prefix(sign)?.parse::<u8>().ok(),
    };
    let number = if let Some(rest) = name.strip_prefix("RTMIN") {
        RTMIN.checked_add(offset(rest, '+')?)?
    } else {
        MAX.checked_sub(offset(name.strip_prefix("RTMAX")?, '-')?)?
    };
    (RTMIN..=MAX).contains(&number).then_some(Signal(number))
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0).wrapping_sub(1)) {
            Some(name) => write!(f, "SIG{name}"),
            None if self.0 >= RTMIN => write!(f, "SIGRTMIN+{}", self.0 - RTMIN),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests;
