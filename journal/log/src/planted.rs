//! Bugs that are planted on purpose, so that the suites can be seen to catch them.
//!
//! A suite that has never found anything proves little. In a build with the feature `planted` one bug is chosen
//! by name when the process starts, and some suite has to go red by it (docs/planted-bugs.md). In every other
//! build [`planted!`](crate::planted!) is the constant `false`, and nothing of a bug is in the program.

/// Tells whether the bug of a name is planted; with two expressions, gives the right one or the bug's.
///
/// Without the feature `planted` this is `false`, or the right expression alone.
#[cfg(feature = "planted")]
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        $crate::planted::is($name)
    };
    ($name:literal, $right:expr, $wrong:expr) => {
        if $crate::planted::is($name) { $wrong } else { $right }
    };
}

/// Tells whether the bug of a name is planted; with two expressions, gives the right one or the bug's.
///
/// Without the feature `planted` this is `false`, or the right expression alone.
#[cfg(not(feature = "planted"))]
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        false
    };
    ($name:literal, $right:expr, $wrong:expr) => {
        $right
    };
}

/// The bug that this process was started with, and what bugs are made of.
#[cfg(feature = "planted")]
mod chosen {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Names the bug; nothing is planted where it is not set.
    const VARIABLE: &str = "SOCKERLESS_PLANTED";

    static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);

    /// Tells whether this process was started with the bug `name`.
    #[expect(
        clippy::disallowed_methods,
        reason = "whatever process a suite starts has to hear of it; no product has this"
    )]
    pub fn is(name: &str) -> bool {
        let chosen = CHOSEN.get_or_init(|| std::env::var(VARIABLE).ok());
        chosen.as_deref() == Some(name)
    }

    /// Gives another number each time, as a clock does that is read where it must not be.
    pub fn number() -> u64 {
        COUNT.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(feature = "planted")]
pub use chosen::{is, number};
