//! Plants one bug after the other in ONE build made for it, and checks that a suite goes red by each.
//!
//! The build has the feature `planted` of journal-log and a folder of its own, so that no product is ever mixed up
//! with it. A bug is chosen by a variable when a process starts. With none chosen every suite is green.

mod bugs;
mod build;
mod page;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use self::bugs::{BUGS, Bug, Place};
use self::build::{Program, build};
use crate::report::write as write_file;
use crate::{process, say};

/// Chooses the bug of a process.
const VARIABLE: &str = "SOCKERLESS_PLANTED";

/// How long a light suite may take to catch a bug, or to be green: some of them hang where a bug lets nobody answer.
const LIGHT_BUDGET: Duration = Duration::from_secs(120);

/// The same of a suite with a disk.
const HEAVY_BUDGET: Duration = Duration::from_secs(900);

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Plants only the bugs whose name, or whose suite's name, holds this text; may be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// What became of each bug when it was last planted.
    #[arg(long, default_value = "docs/torture/planted.json")]
    results: PathBuf,
    /// The page with the table.
    #[arg(long, default_value = "docs/planted-bugs.md")]
    page: PathBuf,
    /// The folder that gets what the suites say.
    #[arg(long, default_value = "target/torture/planted")]
    logs: PathBuf,
    /// The folder of the build.
    #[arg(long, default_value = "target/planted")]
    target: PathBuf,
}

/// A bug and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Caught {
    /// The bug's name.
    bug: String,
    /// The suite.
    by: String,
    /// The tests that failed; none where the suite stayed green.
    tests: Vec<String>,
    /// Milliseconds until the first of them.
    after_ms: u64,
    /// How the suite ended, where no test says so.
    status: String,
    is_caught: bool,
}

/// Plants the bugs.
pub(crate) fn run(options: &Options) -> Result<()> {
    fs::create_dir_all(&options.logs)?;
    let wanted = |bug: &&Bug| {
        let holds = |only: &String| bug.name.contains(only) || bug.place.name() == only;
        options.only.is_empty() || options.only.iter().any(holds)
    };
    let bugs: Vec<&'static Bug> = BUGS.iter().filter(wanted).collect();
    ensure!(!bugs.is_empty(), "no bug has such a name");
    let mut places: Vec<Place> = bugs.iter().map(|bug| bug.place).collect();
    places.sort_unstable();
    places.dedup();
    let mut programs = Vec::new();
    for place in places {
        say(&format!("building {}", place.name()));
        programs.push(build(place, &options.target, &options.logs)?);
    }
    let (mut missed, mut red) = (Vec::new(), BTreeSet::new());
    for program in &programs {
        let green = look(program, None, &tests_of(program.place, &bugs), options)?;
        // What fails without a bug catches none.
        red.extend(green.tests.iter().cloned());
        say(&format!(
            "{:<28} {}",
            program.place.name(),
            if green.is_caught { "RED" } else { "green" }
        ));
        if green.is_caught {
            missed.push(format!(
                "{} is red without a bug: {:?}",
                program.place.name(),
                green.tests
            ));
        }
    }
    let mut all = Vec::new();
    for bug in bugs {
        let program = programs.iter().find(|program| program.place == bug.place);
        let program = program.context("every place is built")?;
        let caught = look(program, Some(bug), bug.tests, options)?.without(&red);
        say(&format!("{:<28} {}", bug.name, caught.words()));
        if !caught.is_caught {
            missed.push(format!("{} is not caught by {}", bug.name, bug.place.name()));
        }
        all.push(caught);
    }
    page::write(&merged(&all, &options.results)?, &options.page)?;
    let count = all.iter().filter(|caught| caught.is_caught).count();
    say(&format!("{{\"suite\":\"planted\",\"tried\":{},\"lost\":{}}}", all.len(), missed.len()));
    ensure!(missed.is_empty(), "{count} of {} caught; {}", all.len(), missed.join("; "));
    Ok(())
}

/// Names the tests of a suite that have to be green: those that any of `bugs` is to be caught by.
fn tests_of(place: Place, bugs: &[&Bug]) -> String {
    let tests = bugs.iter().filter(|bug| bug.place == place).map(|bug| bug.tests);
    if tests.clone().any(str::is_empty) {
        String::new()
    } else {
        tests.collect::<Vec<_>>().join(" ")
    }
}

/// Adds what was found to what was found before; every bug has one row.
fn merged(all: &[Caught], results: &Path) -> Result<Vec<Caught>> {
    let mut known: Vec<Caught> = match fs::read(results) {
        Ok(bytes) => serde_json::from_slice(&bytes).context("what was found before")?,
        Err(_) => Vec::new(),
    };
    known.retain(|old| all.iter().all(|new| new.bug != old.bug));
    known.extend_from_slice(all);
    let place = |caught: &Caught| BUGS.iter().position(|bug| bug.name == caught.bug);
    known.retain(|caught| place(caught).is_some());
    known.sort_by_key(place);
    write_file(results, &(serde_json::to_string_pretty(&known)? + "\n"))?;
    Ok(known)
}

/// Runs some tests of a suite with a bug, or with none, and says what they found.
fn look(
    program: &Program,
    bug: Option<&'static Bug>,
    tests: &str,
    options: &Options,
) -> Result<Caught> {
    let begin = now();
    let name = bug.map_or("none", |bug| bug.name);
    let mut command = process::command(&program.path, &[]);
    command.args(tests.split(' ').filter(|word| !word.is_empty()));
    command.current_dir(&program.folder);
    match bug {
        Some(bug) => command.env(VARIABLE, bug.name),
        None => command.env_remove(VARIABLE),
    };
    let log = options.logs.join(format!("{}-{name}.log", program.place.name()));
    fs::write(&log, "")?;
    let (mut tests, mut after) = (Vec::new(), None);
    let budget = if program.place.is_heavy() { HEAVY_BUDGET } else { LIGHT_BUDGET };
    let ended = process::run(command, &log, budget, |line| {
        if let Some(test) = failed_test(line) {
            after.get_or_insert_with(|| begin.elapsed());
            tests.push(test.to_owned());
        }
        Ok(())
    })?;
    let after = after.unwrap_or_else(|| begin.elapsed());
    Ok(Caught {
        bug: name.to_owned(),
        by: program.place.name().to_owned(),
        tests,
        after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
        status: ended.status,
        is_caught: !ended.is_well,
    })
}

/// Reads the name of a test that has failed.
fn failed_test(line: &str) -> Option<&str> {
    let name = line.strip_prefix("test ")?.split(" ... ").next()?;
    line.ends_with("FAILED").then_some(name)
}

impl Caught {
    /// Leaves out the tests of `red`; what no other test has found is not caught.
    fn without(mut self, red: &BTreeSet<String>) -> Self {
        let found = self.tests.len();
        self.tests.retain(|test| !red.contains(test));
        self.is_caught &= !self.tests.is_empty() || found == 0;
        self
    }

    fn words(&self) -> String {
        let first = self.tests.first().unwrap_or(&self.status);
        match self.is_caught {
            true => format!("{:.1} s {}: {first}", self.seconds(), self.by),
            false => format!("NOT CAUGHT by {}", self.by),
        }
    }

    fn seconds(&self) -> f64 {
        Duration::from_millis(self.after_ms).as_secs_f64()
    }
}

#[expect(clippy::disallowed_methods, reason = "how long it took is a matter of real time")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
