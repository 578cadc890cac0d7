//! One run of the whole: every suite for its part of the budget.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::budget::{next_count, share, shown};
use crate::figure::{Figures, grouped};
use crate::report::Entry;
use crate::suite::{Extent, Suite};
use crate::{process, say};

/// The variable that gives a suite its seed.
const SEED: &str = "SOCKERLESS_TEST_SEED";

/// How long building one suite may take: RocksDB may have to be compiled first.
const BUILD_LIMIT: Duration = Duration::from_secs(2 * 3600);

/// How long a run may take beside its part of the budget, before it counts as hanging.
const RUN_GRACE: Duration = Duration::from_secs(900);

/// What a run is given.
#[derive(Debug)]
pub(crate) struct Torture {
    /// Gets what the suites say.
    pub(crate) logs: PathBuf,
    /// The seed of the first run of each suite; the others count on from it.
    pub(crate) seed: u64,
}

impl Torture {
    /// Builds all `suites`, then runs each for its part of `budget`; what comes of it is added to `entry`.
    ///
    /// `totals` are the figures of all runs before.
    pub(crate) fn run(
        &self,
        suites: &[&Suite],
        budget: Duration,
        totals: &[Figures],
        entry: &mut Entry,
    ) -> Result<()> {
        fs::create_dir_all(&self.logs)
            .with_context(|| format!("making {}", self.logs.display()))?;
        for suite in suites {
            let Some(command) = suite.runs.build() else { continue };
            say(&format!("building {}", suite.name));
            process::run(command, &self.log(suite), BUILD_LIMIT, |_| Ok(()))?
                .well()
                .with_context(|| format!("building {}", suite.name))?;
        }
        let begin = now();
        let planned: Vec<_> =
            suites.iter().map(|suite| (suite, suite.part_after(totals))).collect();
        let mut parts: u32 = planned.iter().map(|(_, part)| part).sum();
        for (suite, part) in planned {
            let left = budget.saturating_sub(begin.elapsed());
            let time = share(left, part, parts);
            parts -= part;
            say(&format!("{:<16} for {}", suite.name, shown(time)));
            let mut figures = Vec::new();
            if let Err(error) = self.suite(suite, time, &mut figures) {
                say(&format!("{:<16} RED: {error:#}", suite.name));
                entry.red.push(format!("{}: {error:#}", suite.name));
            }
            entry.take(suite.name, figures);
        }
        entry.took_seconds = begin.elapsed().as_secs();
        Ok(())
    }

    /// Runs one suite again and again until its time is over.
    fn suite(&self, suite: &Suite, time: Duration, all: &mut Vec<Figures>) -> Result<()> {
        let begin = now();
        let mut seed = self.seed;
        let (variable, first, most) = match suite.extent {
            Extent::Count { variable, first, most } => (variable, first, most),
            Extent::Whole { seconds, .. } if time.as_secs() < seconds => {
                say(&format!("{:<16} is left out: it takes {seconds} s", suite.name));
                return Ok(());
            }
            Extent::Whole { variable, .. } => {
                return self.once(suite, seed, (variable, 1), time + RUN_GRACE, all);
            }
        };
        let mut count = first;
        loop {
            let run = now();
            let limit = time.saturating_sub(begin.elapsed()) + RUN_GRACE;
            self.once(suite, seed, (variable, count), limit, all)?;
            let left = time.saturating_sub(begin.elapsed());
            let Some(next) = next_count(count, run.elapsed(), left, most) else { return Ok(()) };
            count = next;
            seed = seed.wrapping_add(1);
        }
    }

    /// Runs one suite once.
    fn once(
        &self,
        suite: &Suite,
        seed: u64,
        (variable, value): (&str, u64),
        limit: Duration,
        all: &mut Vec<Figures>,
    ) -> Result<()> {
        let mut command = suite.runs.command();
        command.env(SEED, seed.to_string()).env(variable, value.to_string());
        let mut found = Vec::new();
        let ended = process::run(command, &self.log(suite), limit, |line| {
            found.extend(Figures::of_line(line)?);
            Ok(())
        })?;
        let is_silent = found.is_empty();
        for figures in found {
            let mine = figures.suite == suite.name
                || figures.suite.strip_prefix(suite.name).is_some_and(|rest| rest.starts_with('-'));
            anyhow::ensure!(mine, "figures of another suite: {}", figures.suite);
            figures.add_to(all);
        }
        ended.well().with_context(|| format!("seed {seed}"))?;
        anyhow::ensure!(!is_silent, "it has not said what it tried");
        for figures in &*all {
            let (tried, lost) = (grouped(figures.tried), grouped(figures.lost));
            say(&format!("{:<16} {tried} tried, {lost} lost", figures.suite));
            anyhow::ensure!(figures.lost == 0, "{lost} lost, seed {seed}");
        }
        Ok(())
    }

    fn log(&self, suite: &Suite) -> PathBuf {
        self.logs.join(suite.name).with_extension("log")
    }
}

#[expect(clippy::disallowed_methods, reason = "a budget is a matter of real time")]
fn now() -> Instant {
    Instant::now()
}
