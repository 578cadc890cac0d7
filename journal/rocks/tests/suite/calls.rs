//! A writer that is killed at, or failed by, each of its system calls: whatever it acknowledged is there.
//!
//! `SOCKERLESS_TEST_POINTS` sets how many points of the script are tried; where it is more than there are, each is
//! tried once. strace counts calls a thread, so a point is a call and a number up to the most of any thread.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tests_e2e::{Figures, points, seed};

use crate::writer::{Acknowledged, arguments, run};

/// Calls that change what is on the disk, or its order.
const CALLS: [&str; 14] = [
    "write",
    "pwrite64",
    "writev",
    "pwritev2",
    "fdatasync",
    "fsync",
    "sync_file_range",
    "rename",
    "unlink",
    "unlinkat",
    "ftruncate",
    "fallocate",
    "mkdir",
    "openat",
];

/// Calls of which a failure must end the writer, with the errors they are given.
const FAILURES: [(&str, &str); 5] = [
    ("fdatasync", "EIO"),
    ("fsync", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("write", "ENOSPC"),
    ("write", "EIO"),
];

/// Points of a plain run.
const POINTS: u32 = 20;

/// Groups of the script: enough that each call of the journal's life is made, a flush among them.
const GROUPS: u32 = 120;

/// Runs the script under strace with these arguments.
fn strace(
    options: &[&str],
    folder: &Path,
    acknowledged: &mut Acknowledged,
) -> std::process::ExitStatus {
    // As a grandchild the tracer leaves the writer to be our child, so that we see how it ends.
    let mut whole: Vec<String> = vec!["strace".into(), "-D".into(), "-f".into(), "-qq".into()];
    whole.extend(options.iter().map(|&option| option.to_owned()));
    whole.extend(arguments(folder, GROUPS));
    run(&whole, acknowledged, |_| ())
}

/// Counts the calls of an undisturbed run: of each the most that one thread makes.
fn counted() -> BTreeMap<&'static str, u64> {
    let folder = tempfile::tempdir().unwrap();
    let traces = tempfile::tempdir().unwrap();
    let out = traces.path().join("trace").to_str().unwrap().to_owned();
    let calls = format!("trace={}", CALLS.join(","));
    let options = ["-ff", "-o", &out, "-e", &calls, "-e", "signal=none"];
    let mut acknowledged = Acknowledged::default();
    let status = strace(&options, &folder.path().join("journal"), &mut acknowledged);
    assert!(status.success() && acknowledged.groups() == u64::from(GROUPS), "{status}");
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for trace in fs::read_dir(traces.path()).unwrap() {
        let text = fs::read_to_string(trace.unwrap().path()).unwrap();
        for call in CALLS {
            let begin = format!("{call}(");
            let count = text.lines().filter(|line| line.starts_with(&begin)).count() as u64;
            let known = most.entry(call).or_default();
            *known = count.max(*known);
        }
    }
    most.retain(|_, count| *count > 0);
    most
}

/// Takes `points` of all points, spread evenly; the seed says where the first is.
fn spread<T>(all: Vec<T>, points: u32, seed: u64) -> Vec<T> {
    let step = (all.len() / points as usize).max(1);
    let first = fastrand::Rng::with_seed(seed).usize(..step);
    all.into_iter().skip(first).step_by(step).collect()
}

#[test]
fn a_writer_killed_at_any_system_call_loses_nothing_acknowledged() {
    let (points, seed) = (points(POINTS).unwrap(), seed().unwrap());
    let counted = counted();
    let all = counted.iter().flat_map(|(call, most)| (1..=*most).map(move |nth| (*call, nth)));
    let chosen = spread(all.collect(), points, seed);
    let mut killed = 0;
    let mut figures = Figures::new("journal-calls-killed", seed);
    for (call, nth) in &chosen {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("journal");
        let inject = format!("inject={call}:signal=KILL:when={nth}");
        let trace = format!("trace={call}");
        let mut acknowledged = Acknowledged::default();
        let options = ["-o", "/dev/null", "-e", &trace, "-e", &inject];
        let status = strace(&options, &folder, &mut acknowledged);
        acknowledged.check(&folder).unwrap_or_else(|error| panic!("{inject}: {error}"));
        figures.tried(chosen.len() as u64);
        // Threads divide their work in another way each time, so the last numbers may not come.
        figures.add("killed", u64::from(!status.success()));
        figures.add("acknowledged", acknowledged.groups());
        killed += usize::from(!status.success());
    }
    figures.print();
    assert!(killed * 2 > chosen.len(), "{killed} of {} writers were killed", chosen.len());
}

#[test]
fn a_failed_write_or_sync_ends_the_writer_and_loses_nothing_acknowledged() {
    let (points, seed) = (points(POINTS).unwrap(), seed().unwrap());
    let counted = counted();
    let all = FAILURES.iter().flat_map(|(call, error)| {
        let most = counted.get(call).copied().unwrap_or(0);
        (1..=most).map(move |nth| (*call, *error, nth))
    });
    let chosen = spread(all.collect(), points, seed);
    let mut figures = Figures::new("journal-calls-failed", seed);
    for (call, error, nth) in &chosen {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("journal");
        let inject = format!("inject={call}:error={error}:when={nth}");
        let trace = format!("trace={call}");
        let mut acknowledged = Acknowledged::default();
        // A filter stops for these calls alone. A signal would not come through it, so kills go without.
        let options = ["--seccomp-bpf", "-o", "/dev/null", "-e", &trace, "-e", &inject];
        let status = strace(&options, &folder, &mut acknowledged);
        // What is written for people only, such as RocksDB's own text log, may fail without an end.
        assert!([Some(0), Some(70)].contains(&status.code()), "{inject}: {status}");
        let found = acknowledged.check(&folder);
        found
            .and_then(|()| acknowledged.check_database(&folder))
            .unwrap_or_else(|error| panic!("{inject}: {error}"));
        figures.tried(chosen.len() as u64);
        figures.add("ended", u64::from(!status.success()));
    }
    figures.print();
}
