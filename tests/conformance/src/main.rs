//! `make conformance`: runs the acceptance rows against endpoints, keeps what became of them, and makes the matrix.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

use anyhow::{Context as _, Result};
use clap::{Args, Parser};
use tests_conformance::{
    Choice, Client, Results, Row, Suite, TestResult, Word, all_rows, committed, markdown,
};
use tokio::runtime::Runtime;

/// Rows at once: they wait for containers most of the time, so more than processors.
const THREADS: usize = 4;

/// The acceptance rows, against any endpoint.
#[derive(Debug, Parser)]
#[command(name = "conformance")]
enum Command {
    /// Runs rows against one endpoint and writes a file of results.
    Run(Run),
    /// Adds what a plain test suite printed, read from standard input, to a file of results.
    Add {
        /// The file of results.
        results: PathBuf,
    },
    /// Makes the matrix of a folder of results.
    Matrix(Matrix),
}

#[derive(Debug, Args)]
struct Run {
    /// The endpoint: `sockerless` or `dockerd` for one that is started, else `unix:///…`.
    endpoint: Choice,
    /// What the endpoint is called in the matrix.
    #[arg(long)]
    name: String,
    /// The file of results.
    #[arg(long)]
    results: PathBuf,
    /// Runs only the tests whose name holds this text; may be repeated.
    #[arg(long)]
    only: Vec<String>,
}

#[derive(Debug, Args)]
struct Matrix {
    /// The folder with the files of results.
    folder: PathBuf,
    /// The file to write; the matrix is printed else.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    match Command::parse() {
        Command::Run(run) => run_rows(run),
        Command::Add { results: path } => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("reading standard input")?;
            let mut results = Results::read(&path)?;
            results.add_printed(&text);
            results.write(&path)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Matrix(matrix) => {
            let text = markdown(&committed(&matrix.folder)?)?;
            match matrix.write {
                Some(path) => std::fs::write(path, text)?,
                None => say(&text),
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_rows(run: Run) -> Result<ExitCode> {
    let runtime = Runtime::new()?;
    let suite = Suite::start(&runtime, run.endpoint)?;
    let mut results = runtime.block_on(Results::of(&run.name, &Client::new(suite.socket())))?;
    let mut rows = all_rows();
    rows.retain(|row| run.only.is_empty() || run.only.iter().any(|only| row.name.contains(only)));
    for done in run_all(&suite, rows) {
        results.add(done);
    }
    results.write(&run.results)?;
    let count = |word| results.rows.values().flatten().filter(|test| test.result == word).count();
    let failed = count(Word::Fail);
    let words = [Word::Pass, Word::Fail, Word::Unsupported, Word::NotAsked];
    let counts = words.map(|word| format!("{} {}", count(word), word.name()));
    say(&format!("{}: {}", run.name, counts.join(", ")));
    if failed > 0 {
        suite.tell();
    }
    Ok(if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs rows on a few threads and returns their results in no order.
fn run_all(suite: &Suite, rows: Vec<Row>) -> Vec<TestResult> {
    let waiting = Mutex::new(rows.into_iter());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let runner = suite.runner();
                // A row's panic is caught where it runs, so no lock is ever poisoned. The lock is let go before the
                // row runs.
                let next = || waiting.lock().expect("no thread panics").next();
                while let Some(row) = next() {
                    let result = runner.run(&row);
                    say(&line(&result));
                    done.lock().expect("no thread panics").push(result);
                }
            });
        }
    });
    done.into_inner().expect("no thread panics")
}

fn line(result: &TestResult) -> String {
    let reason = result.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{:<11} {}{reason}", result.result.name(), result.test)
}

#[expect(clippy::print_stdout, reason = "the matrix is what the program is for")]
fn say(text: &str) {
    println!("{text}");
}
