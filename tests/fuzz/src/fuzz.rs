//! The loop: changed samples, one after the other, each within a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::mutate::mutate;
use crate::target::Target;

/// How long one input may take. The longest take a millisecond.
const LIMIT: Duration = Duration::from_secs(5);

/// An input that a decoder did not bear.
#[derive(Debug)]
pub struct Found {
    /// The target.
    pub target: &'static str,
    /// What happened.
    pub what: String,
    /// The input.
    pub input: Vec<u8>,
}

/// Gives `target` changed samples; returns how many it took as good, or the first that it did not bear.
pub fn fuzz(target: &Target, seed: u64, count: u64) -> Result<u64, Found> {
    let mut taken = 0;
    for index in 0..count {
        let mut rng = Rng::with_seed(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut input = mutate(&target.samples, &mut rng);
        if rng.bool() {
            (target.repair)(&mut input);
        }
        let begin = now();
        let result = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        let found = |what: &str| Found { target: target.name, what: what.to_owned(), input };
        match result {
            Ok(_) if begin.elapsed() > LIMIT => return Err(found("it took too long")),
            Ok(is_taken) => taken += u64::from(is_taken),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                return Err(found(text.unwrap_or("a panic")));
            }
        }
    }
    Ok(taken)
}

#[expect(clippy::disallowed_methods, reason = "a hang is a matter of real time")]
fn now() -> Instant {
    Instant::now()
}
