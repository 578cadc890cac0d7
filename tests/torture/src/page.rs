//! The report as a page for people: the totals by suite, and the runs.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::budget::shown;
use crate::figure::{Figures, grouped};
use crate::report::{Entry, Report, write as write_file};
use crate::suite::{SUITES, Suite};

/// Runs that are listed, the newest first; the totals are of all.
const RUNS_SHOWN: usize = 30;

const BEGIN: &str = "\
# Torture

What the long forms of the suites have tried, over all runs of `make torture`, and what was lost. Generated of
[report.json](torture/report.json); a run adds an entry there and makes this page anew. *Lost* counts whatever is not as it
was promised: an acknowledged change that is gone or there twice, damage that went unnoticed, a hang, a crash; beside it
stands how much was tried since the last run that lost any. A run is repeated with `SOCKERLESS_TEST_SEED`.

";

/// Writes the page.
pub(crate) fn write(report: &Report, path: &Path) -> Result<()> {
    write_file(path, &page(report))
}

fn page(report: &Report) -> String {
    let mut text = BEGIN.to_owned();
    text.push_str(
        "| suite | what was tried | tried | of | lost | in detail |\n|---|---|--:|--:|--:|---|\n",
    );
    for figures in report.totals() {
        text.push_str(&total(&figures, report.tried_since_a_loss(&figures.suite)));
    }
    text.push_str("\n## Runs\n\n| began | commit | time | seed | tried | verdict |\n|---|---|--:|--:|---|---|\n");
    for run in report.runs.iter().rev().take(RUNS_SHOWN) {
        text.push_str(&row(run));
    }
    text
}

fn total(figures: &Figures, since_a_loss: u64) -> String {
    let suite = suite_of(figures);
    let goals = suite.map_or(&[][..], |suite| suite.goals);
    let goal = goals.iter().find(|(name, _)| *name == figures.suite);
    let goal = goal.map_or_else(String::new, |(_, goal)| grouped(*goal));
    let details: Vec<String> = figures
        .counts
        .iter()
        .map(|(name, count)| format!("{} {}", grouped(*count), name.replace('_', " ")))
        .collect();
    let lost = match figures.lost {
        0 => "0".to_owned(),
        lost => format!("{}; {} since", grouped(lost), grouped(since_a_loss)),
    };
    format!(
        "| {} | {} | {} | {goal} | {lost} | {} |\n",
        figures.suite,
        suite.map_or("", |suite| suite.what),
        grouped(figures.tried),
        details.join(", "),
    )
}

fn row(run: &Entry) -> String {
    let mut tried = String::new();
    for figures in &run.suites {
        let comma = if tried.is_empty() { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(tried, "{comma}{} {}", figures.suite, grouped(figures.tried));
    }
    format!(
        "| {} | {} | {} | {} | {tried} | {} |\n",
        run.date,
        run.commit,
        shown(Duration::from_secs(run.took_seconds)),
        run.seed,
        if run.red.is_empty() {
            "green".to_owned()
        } else {
            format!("red: {}", run.red.join("; "))
        },
    )
}

fn suite_of(figures: &Figures) -> Option<&'static Suite> {
    SUITES
        .iter()
        .filter(|suite| figures.suite.starts_with(suite.name))
        .max_by_key(|suite| suite.name.len())
}

#[cfg(test)]
mod tests;
