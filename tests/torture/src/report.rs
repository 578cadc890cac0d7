//! The report: one entry for each run of the whole, kept as JSON beside the sources.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::figure::Figures;
use crate::process::output;

/// All runs, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The runs.
    pub(crate) runs: Vec<Entry>,
}

/// One run of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When it began, to the minute.
    pub(crate) date: String,
    /// The sources: a commit, with a plus where they were changed since.
    pub(crate) commit: String,
    /// The seed that was given or drawn.
    pub(crate) seed: u64,
    /// The time that was given.
    pub(crate) budget_seconds: u64,
    /// The time that it took, without building.
    pub(crate) took_seconds: u64,
    /// What the suites said.
    pub(crate) suites: Vec<Figures>,
    /// Why it was red; empty where it was not.
    pub(crate) red: Vec<String>,
}

impl Report {
    /// Reads the report; an empty one where there is none yet.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            bytes => serde_json::from_slice(&bytes.with_context(|| format!("reading {shown}"))?)
                .with_context(|| format!("{shown} is no report")),
        }
    }

    /// Adds a run.
    pub(crate) fn add(&mut self, entry: Entry) {
        self.runs.push(entry);
    }

    /// Writes the report.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        write(path, &text)
    }

    /// Adds up what was tried in all runs, by suite.
    pub(crate) fn totals(&self) -> Vec<Figures> {
        let mut totals = Vec::new();
        for figures in self.runs.iter().flat_map(|run| &run.suites) {
            figures.clone().add_to(&mut totals);
        }
        totals
    }

    /// Adds up what a suite has tried in the runs after the last one in which it lost anything.
    pub(crate) fn tried_since_a_loss(&self, suite: &str) -> u64 {
        let newest_first = self.runs.iter().rev().flat_map(|run| &run.suites);
        newest_first
            .filter(|figures| figures.suite == suite)
            .take_while(|figures| figures.lost == 0)
            .map(|figures| figures.tried)
            .sum()
    }
}

impl Entry {
    /// Begins a run of these sources now.
    pub(crate) fn begin(seed: u64, budget: Duration) -> Result<Self> {
        let commit = output("git", &["rev-parse", "--short=12", "HEAD"])?;
        let changed = output("git", &["status", "--porcelain", "--untracked-files=no"])?;
        let mark = if changed.is_empty() { "" } else { "+" };
        Ok(Self {
            date: Timestamp::now().strftime("%Y-%m-%d %H:%M").to_string(),
            commit: format!("{commit}{mark}"),
            seed,
            budget_seconds: budget.as_secs(),
            took_seconds: 0,
            suites: Vec::new(),
            red: Vec::new(),
        })
    }

    /// Takes what suite `name` said. A loss is red, whatever the suite's end was.
    pub(crate) fn take(&mut self, name: &str, figures: Vec<Figures>) {
        let lost: u64 = figures.iter().map(|figures| figures.lost).sum();
        if lost > 0 && !self.red.iter().any(|why| why.starts_with(name)) {
            self.red.push(format!("{name}: {lost} lost"));
        }
        self.suites.extend(figures);
    }
}

/// Writes a file, and its folder where that is missing.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests;
