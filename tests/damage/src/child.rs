//! The child's side: trials one after the other, a line of JSON for each.

use std::io::{self, Write as _};
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::golden::Golden;
use crate::harm::Kind;
use crate::trial::{Outcome, Trial};

/// What the child says of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) index: u64,
    pub(crate) kind: Kind,
    pub(crate) told: String,
    pub(crate) took_ms: u64,
    pub(crate) outcome: Outcome,
}

/// Runs the trials of `indices` in `folder` and prints a line for each.
pub fn serve(golden: &Path, folder: &Path, seed: u64, indices: Range<u64>) -> Result<()> {
    let golden = Golden::read(golden)?.moved_to(&folder.join("golden"))?;
    let trial = Trial { golden: &golden, data: folder.join("data") };
    let mut out = io::stdout();
    for index in indices {
        let begin = now();
        let (harm, outcome) =
            trial.run(seed, index).with_context(|| format!("making trial {index}"))?;
        let took_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        let line = Line { index, kind: harm.kind, told: harm.told, took_ms, outcome };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
        out.flush()?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a time limit is a matter of real time")]
fn now() -> Instant {
    Instant::now()
}
