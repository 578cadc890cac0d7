//! The simulation as a program: so many container-hours of a seed, and one line of figures.

use std::{io::Write as _, process::ExitCode, time::Duration};

use clap::Parser;
use tests_sim::{Figures, Options, Progress, run, run_episode};

/// Simulates servers, clients and a provider that fails in every way, all drawn from one seed.
#[derive(Debug, Parser)]
#[command(name = "tests-sim")]
struct Cli {
    /// The seed of everything that is drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Goes on until containers have run for so many hours, together.
    #[arg(long, default_value_t = 10_000)]
    hours: u64,
    /// Goes on until so many faults were injected, too.
    #[arg(long, default_value_t = 0)]
    faults: u64,
    /// Runs the one episode of this seed instead, as a failure names it.
    #[arg(long, conflicts_with_all = ["seed", "hours", "faults"])]
    episode: Option<u64>,
    /// Containers that the clients of an episode keep.
    #[arg(long, default_value_t = Options::default().containers)]
    containers: usize,
    /// Seconds of an episode in which things go wrong.
    #[arg(long, default_value_t = Options::default().span.as_secs())]
    span: u64,
    /// Milliseconds between two commands of clients, about.
    #[arg(long, default_value_t = 4_000)]
    pause_millis: u64,
    /// Tells nothing before the end.
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let options = Options {
        seed: cli.episode.unwrap_or(cli.seed),
        hours: cli.hours,
        faults_min: cli.faults,
        containers: cli.containers,
        span: Duration::from_secs(cli.span),
        pause: Duration::from_millis(cli.pause_millis),
        ..Options::default()
    };
    let tell = |progress: Progress<'_>| {
        if !cli.quiet {
            tell(progress.figures);
        }
    };
    let outcome = match cli.episode {
        Some(_) => run_episode(&options),
        None => run(&options, tell),
    };
    match outcome {
        Ok(figures) => {
            print(&figures.line(options.seed, false));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            say(&failure.to_string());
            print(&failure.figures.line(options.seed, true));
            ExitCode::FAILURE
        }
    }
}

fn tell(figures: &Figures) {
    say(&format!(
        "{} episodes, {} container-hours, {} faults, {} starts, {} crashes",
        figures.episodes,
        figures.container_hours(),
        figures.fault_count(),
        figures.starts,
        figures.crashes
    ));
}

fn say(text: &str) {
    // Whoever reads has gone; the line of figures is what counts.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
