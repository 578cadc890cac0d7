//! The parent's side: children under a time limit, and what came of all trials.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::child::Line;
use crate::harm::Kind;
use crate::place::Place;
use crate::trial::Outcome;

/// How long one trial may take: an opening may have its five seconds, and what is undone is opened once more.
const TRIAL_LIMIT: Duration = Duration::from_secs(15);

/// The longest time of a trial that is no hang.
const SLOW_MS: u64 = 5_000;

/// Trials of one child: few enough that what a hang leaves behind does not pile up.
const CHILD_TRIALS: u64 = 250;

/// Children at once on one golden directory, where there is work for as many: most of a trial is waiting for threads that
/// end and for syncs. In a short run each has its directory for itself, so that none is slow because of another.
const CHILDREN: u64 = 4;

/// Failures that are told; more would only tell the same again.
const TOLD_MAX: usize = 12;

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The child's program.
    pub child: PathBuf,
    /// The golden directories; each trial is of one of them.
    pub goldens: Vec<PathBuf>,
    /// The seed.
    pub seed: u64,
    /// How many trials.
    pub count: u64,
}

/// What came of the trials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// By kind, and by what came of them.
    pub by_kind: BTreeMap<Kind, BTreeMap<&'static str, u64>>,
    /// The longest trial.
    pub took_ms_max: u64,
    /// What went wrong, in words.
    pub bad: Vec<String>,
}

/// Runs all trials, several children at once on each golden directory.
pub fn run(run: &Run) -> Result<Totals> {
    let share = run.count.div_ceil(run.goldens.len() as u64);
    let children = (share / CHILD_TRIALS).clamp(1, CHILDREN);
    let part = share.div_ceil(children);
    let results: Vec<Result<Totals>> = thread::scope(|scope| {
        let begins = (0..children).map(|child| child * part).filter(|begin| *begin < share);
        let places = begins.flat_map(|begin| run.goldens.iter().map(move |golden| (golden, begin)));
        let threads: Vec<_> = places
            .map(|(golden, begin)| {
                scope.spawn(move || on_one(run, golden, begin..share.min(begin + part)))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    let mut totals = Totals::default();
    for result in results {
        totals.add(result?);
    }
    Ok(totals)
}

fn on_one(run: &Run, golden: &Path, indices: Range<u64>) -> Result<Totals> {
    let mut totals = Totals::default();
    let place = Place::find()?;
    let mut next = indices.start;
    while next < indices.end {
        let until = indices.end.min(next + CHILD_TRIALS);
        next = children(run, &place, golden, next..until, &mut totals)?;
    }
    Ok(totals)
}

/// Runs one child; returns the trial after the last one that ended, or was ended.
fn children(
    run: &Run,
    place: &Place,
    golden: &Path,
    indices: Range<u64>,
    totals: &mut Totals,
) -> Result<u64> {
    let (mut child, lines) = start(run, place, golden, &indices)?;
    let mut next = indices.start;
    while next < indices.end {
        let why = match lines.recv_timeout(TRIAL_LIMIT) {
            Ok(line) => {
                let line: Line = serde_json::from_str(&line).with_context(|| line.clone())?;
                next = line.index + 1;
                totals.note(run.seed, golden, line);
                continue;
            }
            Err(RecvTimeoutError::Timeout) => "a HANG".to_owned(),
            Err(RecvTimeoutError::Disconnected) => format!("a CRASH: {}", child.wait()?),
        };
        let place = format!("seed {}, trial {next} of {}", run.seed, golden.display());
        totals.bad(Kind::Flip, format!("{place}: {why}"));
        next += 1;
        break;
    }
    // A child that has said everything ends by itself; one that hangs does not.
    if next < indices.end {
        child.kill()?;
    }
    child.wait()?;
    Ok(next)
}

fn start(
    run: &Run,
    place: &Place,
    golden: &Path,
    indices: &Range<u64>,
) -> Result<(Child, Receiver<String>)> {
    let mut command = place.command(&run.child);
    let count = indices.end - indices.start;
    let numbers = [run.seed, indices.start, count].map(|number| number.to_string());
    command.arg(golden).arg(place.folder.path()).args(numbers);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| run.child.display().to_string())?;
    let output = child.stdout.take().context("no output")?;
    let (sender, lines) = sync_channel(64);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok((child, lines))
}

impl Totals {
    /// The figures of one kind, as a line that `make torture` reads.
    pub fn line(&self, kind: Kind, seed: u64) -> String {
        let counts = self.by_kind.get(&kind).cloned().unwrap_or_default();
        let tried: u64 = counts.values().sum();
        let lost = counts.get("bad").copied().unwrap_or_default();
        let mut line = format!(
            "{{\"suite\":\"damage-{}\",\"seed\":{seed},\"tried\":{tried},\"lost\":{lost}",
            kind.name()
        );
        for (name, count) in counts.iter().filter(|(name, _)| **name != "bad") {
            // Writing to a string does not fail.
            let _ = write!(line, ",\"{name}\":{count}");
        }
        let _ = write!(line, ",\"took_ms_max\":{}}}", self.took_ms_max);
        line
    }

    fn note(&mut self, seed: u64, golden: &Path, line: Line) {
        self.took_ms_max = self.took_ms_max.max(line.took_ms);
        let Line { index, kind, told, took_ms, outcome } = line;
        let place = format!("seed {seed}, trial {index} of {}: {told}", golden.display());
        let name = match outcome {
            Outcome::Bad(why) => return self.bad(kind, format!("{place}: {why}")),
            _ if took_ms > SLOW_MS => return self.bad(kind, format!("{place}: {took_ms} ms")),
            Outcome::Harmless => "harmless",
            Outcome::Repaired => "repaired",
            Outcome::Named(_) => "named",
            Outcome::Refused(_) => "refused",
        };
        *self.by_kind.entry(kind).or_default().entry(name).or_default() += 1;
    }

    fn bad(&mut self, kind: Kind, why: String) {
        *self.by_kind.entry(kind).or_default().entry("bad").or_default() += 1;
        if self.bad.len() < TOLD_MAX {
            self.bad.push(why);
        }
    }

    fn add(&mut self, other: Self) {
        for (kind, counts) in other.by_kind {
            for (name, count) in counts {
                *self.by_kind.entry(kind).or_default().entry(name).or_default() += count;
            }
        }
        self.took_ms_max = self.took_ms_max.max(other.took_ms_max);
        self.bad.extend(other.bad);
        self.bad.truncate(TOLD_MAX);
    }
}
