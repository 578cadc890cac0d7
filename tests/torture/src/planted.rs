//! Plants one bug after the other in ONE build made for it, and checks that a suite goes red by each.
//!
//! The build has the feature `planted` of journal-log and a folder of its own, so that no product is ever mixed up
//! with it. A bug is chosen by a variable when a process starts. With none chosen every suite is green.

mod bugs;
mod build;
mod page;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use self::bugs::{BUGS, Bug, Place};
use self::build::{Program, build};
use crate::{process, say};

/// Chooses the bug of a process.
const VARIABLE: &str = "SOCKERLESS_PLANTED";

/// How long a suite may take to catch a bug, or to be green.
const BUDGET: Duration = Duration::from_secs(300);

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Plants only the bugs whose name holds this text; may be repeated. The page is then left as it is.
    #[arg(long)]
    only: Vec<String>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
struct Caught {
    bug: &'static Bug,
    /// The tests that failed; none where the suite stayed green.
    tests: Vec<String>,
    /// The time until the first of them.
    after: Duration,
    /// How the suite ended, where no test says so.
    status: String,
    is_caught: bool,
}

/// Plants the bugs.
pub(crate) fn run(options: &Options) -> Result<()> {
    fs::create_dir_all(&options.logs)?;
    let wanted = |bug: &&Bug| {
        options.only.is_empty() || options.only.iter().any(|only| bug.name.contains(only))
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
    let mut missed = Vec::new();
    for program in &programs {
        let green = look(program, None, options)?;
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
        let caught = look(program.context("every place is built")?, Some(bug), options)?;
        say(&format!("{:<28} {}", bug.name, caught.words()));
        if !caught.is_caught {
            missed.push(format!("{} is not caught by {}", bug.name, bug.place.name()));
        }
        all.push(caught);
    }
    if options.only.is_empty() {
        page::write(&all, &options.page)?;
    }
    let count = all.iter().filter(|caught| caught.is_caught).count();
    say(&format!("{{\"suite\":\"planted\",\"tried\":{},\"lost\":{}}}", all.len(), missed.len()));
    ensure!(missed.is_empty(), "{count} of {} caught; {}", all.len(), missed.join("; "));
    Ok(())
}

/// Runs a suite with a bug, or with none, and says what it found.
fn look(program: &Program, bug: Option<&'static Bug>, options: &Options) -> Result<Caught> {
    let begin = now();
    let name = bug.map_or("none", |bug| bug.name);
    let mut command = process::command(&program.path, &[]);
    command.args(bug.map_or("", |bug| bug.tests).split(' ').filter(|word| !word.is_empty()));
    command.current_dir(&program.folder);
    match bug {
        Some(bug) => command.env(VARIABLE, bug.name),
        None => command.env_remove(VARIABLE),
    };
    let log = options.logs.join(format!("{}-{name}.log", program.place.name()));
    fs::write(&log, "")?;
    let (mut tests, mut after) = (Vec::new(), None);
    let ended = process::run(command, &log, BUDGET, |line| {
        if let Some(test) = failed_test(line) {
            after.get_or_insert_with(|| begin.elapsed());
            tests.push(test.to_owned());
        }
        Ok(())
    })?;
    Ok(Caught {
        bug: bug.unwrap_or(&bugs::NONE),
        tests,
        after: after.unwrap_or_else(|| begin.elapsed()),
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
    fn words(&self) -> String {
        match (self.is_caught, self.tests.first()) {
            (false, _) => format!("NOT CAUGHT by {}", self.bug.place.name()),
            (true, Some(first)) => {
                format!("{:.1} s {}: {first}", self.after.as_secs_f64(), self.bug.place.name())
            }
            (true, None) => {
                format!(
                    "{:.1} s {}: {}",
                    self.after.as_secs_f64(),
                    self.bug.place.name(),
                    self.status
                )
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long it took is a matter of real time")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
