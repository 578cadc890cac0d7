//! One trial: a copy, a damage, an opening, and what has to be true of it.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use journal_log::{Journal as _, ScrubError, Seq, scrub};
use journal_rocks::{DirSnapshots, OpenError, Options, RocksJournal};
use projector_engine::{ReplayOptions, Replayed, replay};
use projector_machine::Machine as _;
use projector_machine::testkit::Counters;
use serde::{Deserialize, Serialize};

use crate::files::{copy, files, put, remove};
use crate::golden::{Golden, JOURNAL, SNAPSHOTS};
use crate::harm::Harm;

/// How long an opening may take.
const OPEN_LIMIT: Duration = Duration::from_secs(5);

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything is there, and there was nothing to say.
    Harmless,
    /// Everything is there, and what was done is told.
    Repaired,
    /// The state is right, and the first record that cannot be read any more is named by whoever reads them all.
    Named(String),
    /// It was refused with the first bad record, and everything was left as it was.
    Refused(String),
    /// It was not as it has to be.
    Bad(String),
}

/// Where trials are made.
#[derive(Debug)]
pub struct Trial<'a> {
    /// What is damaged a copy of.
    pub golden: &'a Golden,
    /// The copy, which is made anew for each.
    pub data: PathBuf,
}

impl Trial<'_> {
    /// Runs the trial of `index`.
    pub fn run(&self, seed: u64, index: u64) -> Result<(Harm, Outcome)> {
        if self.data.exists() {
            fs::remove_dir_all(&self.data)?;
        }
        copy(&self.golden.data, &self.data)?;
        let harm = Harm::make(self.golden, &self.data, seed, index)?;
        let outcome = match self.open(&harm) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Bad(format!("{error:#}")),
        };
        Ok((harm, outcome))
    }

    /// Opens what was damaged and looks at everything in it.
    fn open(&self, harm: &Harm) -> Result<Outcome> {
        let journal = self.data.join(JOURNAL);
        let options = Options {
            witness_bytes: self.golden.witness_bytes,
            open_timeout: OPEN_LIMIT,
            ..Options::default()
        };
        let (journal, report) = match RocksJournal::open(&journal, &options) {
            Ok(opened) => opened,
            Err(error) => return self.refused(harm, &error),
        };
        let snapshots = DirSnapshots::open(&self.data.join(SNAPSHOTS))?;
        let reader = journal.reader();
        let options = ReplayOptions { verify_state: false, ..ReplayOptions::default() };
        let replayed = match replay::<Counters>(&*reader, &snapshots, &options) {
            Ok(replayed) => replayed,
            // A server ends here as it does where the journal refuses.
            Err(error) => {
                let told = told(&error);
                ensure!(told.contains("record"), "the refusal names no record: {told}");
                return Ok(Outcome::Refused(told));
            }
        };
        self.check(&replayed)?;
        match scrub(&*reader, |_| ControlFlow::Continue(())) {
            Ok(tail) => {
                ensure!(self.golden.tail == hex::encode(tail.hash.as_bytes()), "another chain");
                let is_silent = report.recovery.is_empty() && replayed.report.rejected.is_empty();
                Ok(if is_silent { Outcome::Harmless } else { Outcome::Repaired })
            }
            Err(error) => self.named(harm, &error),
        }
    }

    /// Checks that the state is the one that was written, and everything is in it.
    fn check(&self, replayed: &Replayed<Counters>) -> Result<()> {
        let (seq, head) = (replayed.world.seq.get(), self.golden.head);
        ensure!(seq == head, "LOST: {seq} records of {head}, and not a word");
        let state = hex::encode(Counters::state_hash(&replayed.world.state));
        ensure!(state == self.golden.state, "LOST: another state, and not a word");
        Ok(())
    }

    /// Checks a refusal: it is one for damage, its record is one, and it has changed nothing.
    fn refused(&self, harm: &Harm, error: &OpenError) -> Result<Outcome> {
        let told = told(error);
        ensure!(error.is_damage(), "a refusal that is not for damage: {told}");
        if let OpenError::Corrupt { seq, file, .. } = error {
            ensure!(
                *seq >= Seq::FIRST && seq.get() <= self.golden.head + 1,
                "record {seq} is named of {}: {told}",
                self.golden.head
            );
            let names = |path: &PathBuf| path.file_name() == file.file_name();
            let is_folder = file.is_dir();
            ensure!(is_folder || harm.files.iter().any(names), "the file is not the one: {told}");
        }
        self.undo(harm)?;
        let undone = Harm { files: Vec::new(), ..harm.clone() };
        let again = if harm.files.is_empty() {
            anyhow::bail!("after the damage was undone it is still refused: {told}")
        } else {
            self.open(&undone).context("after the damage was undone")?
        };
        ensure!(
            matches!(again, Outcome::Harmless | Outcome::Repaired),
            "after the damage was undone: {again:?}, first {told}"
        );
        Ok(Outcome::Refused(told))
    }

    /// Checks that a record that cannot be read is named with its file.
    fn named(&self, harm: &Harm, error: &ScrubError) -> Result<Outcome> {
        let (seq, told) = (error.seq(), told(error));
        ensure!(seq >= Seq::FIRST && seq.get() <= self.golden.head, "record {seq}: {told}");
        let names = |path: &PathBuf| {
            path.file_name().is_some_and(|name| told.contains(&*name.to_string_lossy()))
        };
        ensure!(harm.files.iter().any(names), "the file is not named: {told}");
        Ok(Outcome::Named(told))
    }

    /// Puts the files back as they were before the damage.
    fn undo(&self, harm: &Harm) -> Result<()> {
        for file in &harm.files {
            put(&self.golden.data.join(file), &self.data.join(file))?;
        }
        for extra in files(&self.data)?.iter().filter(|file| is_aside(file)) {
            remove(&self.data.join(extra))?;
        }
        Ok(())
    }
}

fn is_aside(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "aside")
}

/// Tells an error with its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
