//! Runs the acceptance rows against one endpoint that is started once.
//!
//! Without further word it is the binary of this repository. `SOCKERLESS_TEST_ENDPOINT=dockerd` starts a stock
//! dockerd instead, and `SOCKERLESS_TEST_ENDPOINT=unix:///…` takes what listens there: a row that a dockerd fails
//! is wrong, unless its oracle says why. `make conformance` runs the same rows and keeps what became of them.

use anyhow::Result;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tests_conformance::{Row, Runner, Suite, Word, all_rows, endpoint};
use tokio::runtime::Runtime;

fn main() -> Result<()> {
    let mut arguments = Arguments::from_args();
    if arguments.list {
        let trials = all_rows().into_iter().map(|row| Trial::test(row.name, || Ok(())));
        libtest_mimic::run(&arguments, trials.collect()).exit();
    }
    // Rows wait for containers most of the time, so more of them than processors run at once.
    arguments.test_threads.get_or_insert(4);
    let runtime = Runtime::new()?;
    let suite = Suite::start(&runtime, endpoint()?)?;
    let trials = all_rows().into_iter().map(|row| trial(row, suite.runner())).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() {
        suite.tell();
    }
    // Ends the endpoint before the process does: `exit` would drop nothing.
    drop(suite);
    conclusion.exit()
}

fn trial(row: Row, runner: Runner) -> Trial {
    Trial::ignorable_test(row.name, move || {
        let done = runner.run(&row);
        let reason = done.reason.unwrap_or_default();
        match done.result {
            Word::Pass => Ok(Completion::Completed),
            Word::NotAsked => Ok(Completion::ignored_with(reason)),
            Word::Unsupported => Err(Failed::from(format!("unsupported: {reason}"))),
            Word::Fail => Err(Failed::from(reason)),
        }
    })
}
