//! Runs the long forms of the suites for a given time, and keeps a report that accumulates over runs.
//!
//! A suite says what it did in lines such as `{"suite":"kill-loop","seed":7,"tried":300,"lost":0}`. The lines of a run are
//! one entry of the report's JSON file, and its page is made anew of all entries. Something lost, a suite that
//! fails, and a suite that says nothing make the run red.

mod budget;
mod figure;
mod page;
mod planted;
mod process;
mod report;
mod run;
mod suite;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::{Args, Parser, Subcommand};

use crate::report::{Entry, Report};
use crate::run::Torture;
use crate::suite::{SUITES, Suite};

/// Runs the long forms of the suites for a given time.
#[derive(Debug, Parser)]
#[command(name = "tests-torture")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct Options {
    /// How long to go on in all, such as 90s, 60m or 8h; building does not count.
    #[arg(long, value_parser = budget::parse, default_value = "60m")]
    budget: Duration,
    /// Runs only the suites whose name holds this text; may be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// The seed of the first run of each suite; drawn where it is not given.
    #[arg(long)]
    seed: Option<u64>,
    /// Lists the suites and ends.
    #[arg(long)]
    list: bool,
    /// The report's entries.
    #[arg(long, default_value = "docs/torture/report.json")]
    report: PathBuf,
    /// The page made of them.
    #[arg(long, default_value = "docs/torture.md")]
    page: PathBuf,
    /// The folder that gets what the suites say.
    #[arg(long, default_value = "target/torture")]
    logs: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plants one bug after the other and checks that the suites catch each.
    Planted(planted::Options),
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Planted(options)) => planted::run(&options),
        None => torture(cli.options),
    }
}

fn torture(options: Options) -> Result<()> {
    let wanted = |suite: &&Suite| {
        options.only.is_empty() || options.only.iter().any(|only| suite.name.contains(only))
    };
    let suites: Vec<&Suite> = SUITES.iter().filter(wanted).collect();
    ensure!(!suites.is_empty(), "no suite has such a name; --list shows them");
    if options.list {
        suites.iter().for_each(|suite| say(&format!("{:<16} {}", suite.name, suite.what)));
        return Ok(());
    }
    let seed = options.seed.map_or_else(getrandom::u64, Ok)?;
    let mut report = Report::read(&options.report)?;
    let mut entry = Entry::begin(seed, options.budget)?;
    let torture = Torture { logs: options.logs, seed };
    torture.run(&suites, options.budget, &report.totals(), &mut entry)?;
    let red = entry.red.clone();
    report.add(entry);
    report.write(&options.report)?;
    page::write(&report, &options.page)?;
    say(&format!("the report is in {}", options.page.display()));
    if red.is_empty() {
        say("green: nothing was lost");
        return Ok(());
    }
    bail!("red: {}", red.join("; "))
}

/// Prints one line.
#[expect(clippy::print_stdout, reason = "progress and figures are what the program is for")]
fn say(line: &str) {
    println!("{line}");
}
