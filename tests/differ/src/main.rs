//! `make conformance-diff`: sends scripts of calls to two endpoints, and records such scripts.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser};
use tests_conformance::{Choice, Suite};
use tests_differ::{Difference, Report, differ, record};
use tokio::runtime::Runtime;

/// Answers of two endpoints side by side.
#[derive(Debug, Parser)]
#[command(name = "differ")]
enum Command {
    /// Sends scripts of calls to two endpoints and tells what differs in their answers.
    Compare(Compare),
    /// Records what unmodified clients send, as scripts.
    Record(Record),
}

#[derive(Debug, Args)]
struct Compare {
    /// The endpoint that is right as a rule: `sockerless` or `dockerd` for one that is started, else `unix:///…`.
    reference: Choice,
    /// The endpoint that is compared with it.
    subject: Choice,
    /// The folder with the scripts and the list of allowed differences.
    #[arg(long)]
    scripts: PathBuf,
    /// Sends only the scripts whose name holds this text.
    #[arg(long, default_value = "")]
    only: String,
}

#[derive(Debug, Args)]
struct Record {
    /// The endpoint; the clients speak the version of the API that it has.
    endpoint: Choice,
    /// The folder with the commands, a shell script for each script of calls.
    #[arg(long)]
    commands: PathBuf,
    /// The folder that gets the scripts of calls.
    #[arg(long)]
    scripts: PathBuf,
    /// Runs only the files of commands whose name holds this text.
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> Result<ExitCode> {
    match Command::parse() {
        Command::Compare(options) => tell_differences(options),
        Command::Record(Record { endpoint, commands, scripts, only }) => {
            let runtime = Runtime::new()?;
            let suite = Suite::start(&runtime, endpoint)?;
            let calls = runtime.block_on(record(&commands, &only, suite.socket(), &scripts))?;
            say(&format!("{calls} calls recorded"));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn tell_differences(options: Compare) -> Result<ExitCode> {
    let runtime = Runtime::new()?;
    let reference = Suite::start(&runtime, options.reference)?;
    let subject = Suite::start(&runtime, options.subject)?;
    let sockets = [reference.socket(), subject.socket()];
    let report =
        runtime.block_on(differ(&options.scripts, &options.only, sockets, reference.archives()))?;
    let mut total = 0;
    for (script, differences) in &report.differences {
        say(&format!("\n{script}: {}", differences.len()));
        let mut last = "";
        for Difference { call, place, reference, subject } in differences {
            if call != last {
                say(&format!("  {call}"));
                last = call;
            }
            say(&format!("    {place}\n      - {reference}\n      + {subject}"));
        }
        total += differences.len();
    }
    let Report { calls, allowed, .. } = report;
    say(&format!("\n{calls} calls, {total} differences, {allowed} allowed ones"));
    Ok(if total > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[expect(clippy::print_stdout, reason = "the differences are what the program is for")]
fn say(text: &str) {
    println!("{text}");
}
