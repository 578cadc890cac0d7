//! Load generator and benchmarks: the binary of this repository beside a stock dockerd and beside a responder that
//! answers constants, in one run on one machine.
//!
//! The responder shows what the transport alone costs here; dockerd shows what users are used to. Every scenario
//! starts each subject anew, so that no figure depends on what ran before. The table goes to standard output, and
//! all of it to a JSON file.

mod constant;
mod figure;
mod goal;
mod image;
mod inside;
mod load;
mod machine;
mod plot;
mod scenario;
mod subject;
mod table;
mod wire;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::figure::Figure;
use crate::machine::Machine;
use crate::scenario::{Plan, SCENARIOS};
use crate::subject::Kind;

/// Measures sockerless, dockerd and a responder of constants side by side.
#[derive(Debug, Parser)]
#[command(name = "tests-bench")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers every request on a unix socket with the same bytes.
    Constant(constant::Options),
    /// Commits into a new journal and prints what was measured.
    Commits(scenario::CommitOptions),
}

#[derive(Debug, Args)]
struct Options {
    /// Runs only the scenarios whose name holds this text; may be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// Runs a short form that shows that everything works; its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Leaves a subject out: sockerless, dockerd or constant; may be repeated.
    #[arg(long)]
    without: Vec<Kind>,
    /// The file that gets all figures as JSON.
    #[arg(long, default_value = "target/bench.json")]
    json: PathBuf,
    /// The folder that gets a picture and the figures of every scenario that was run.
    #[arg(long)]
    plots: Option<PathBuf>,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Constant(options)) => constant::serve(&options),
        Some(Command::Commits(options)) => scenario::commit_alone(&options),
        None => measure(&cli.options),
    }
}

fn measure(options: &Options) -> Result<()> {
    // One thread makes the load, so that the other processors are the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let figures = local.block_on(&runtime, run_until_asked_to_end(options))?;
    let machine = Machine::here()?;
    table::print(&figures, &machine);
    table::write_json(&figures, &machine, &options.json)
        .with_context(|| format!("writing {}", options.json.display()))?;
    table::say(&format!("\nall figures are in {}", options.json.display()));
    Ok(())
}

/// Runs all scenarios. When the process is asked to end, what was started ends first.
async fn run_until_asked_to_end(options: &Options) -> Result<Vec<Figure>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        figures = run(options) => figures,
        _ = terminate.recv() => anyhow::bail!("asked to end"),
        _ = interrupt.recv() => anyhow::bail!("asked to end"),
    }
}

async fn run(options: &Options) -> Result<Vec<Figure>> {
    let mut kinds = vec![Kind::Sockerless, Kind::Dockerd, Kind::Constant];
    kinds.retain(|kind| !options.without.contains(kind));
    if kinds.contains(&Kind::Dockerd) && !tests_conformance::dockerd_is_installed() {
        table::say("dockerd is not installed and is left out; see ops/setup/install.sh peer");
        kinds.retain(|kind| *kind != Kind::Dockerd);
    }
    let mut plan = Plan::new(kinds, options.quick)?;
    let wanted = |name: &str| {
        options.only.is_empty() || options.only.iter().any(|only| name.contains(only.as_str()))
    };
    let mut figures = machine::fsync_figures(options.quick)?;
    for scenario in SCENARIOS.iter().filter(|scenario| wanted(scenario.name)) {
        table::say(&format!("measuring {}", scenario.name));
        let measured = (scenario.run)(&mut plan).await;
        let measured = measured.with_context(|| format!("measuring {}", scenario.name))?;
        table::say(&table::rows(&measured));
        if let Some(folder) = &options.plots {
            plot::write(folder, scenario.name, &measured, &Machine::here()?)?;
        }
        figures.extend(measured);
    }
    Ok(figures)
}
