//! Calls are put down, counted above the rate, and never in the way.

use std::{path::Path, thread, time::Duration};

use journal_log::Timestamp;

use super::{AccessLog, Numbers, ReadPolicy, ReadsOptions};
use crate::{Access, Entry, Found, entries};

fn access(path: &str) -> Access {
    Access {
        at: Timestamp::ZERO,
        caller: "uid:0".into(),
        source: String::new(),
        agent: String::new(),
        method: "GET".into(),
        route: String::new(),
        path: path.into(),
        query: None,
        status: 200,
        as_of: None,
        took_micros: 0,
    }
}

fn start(options: ReadsOptions) -> AccessLog {
    AccessLog::start(options, || Timestamp::ZERO).unwrap()
}

fn found(dir: &Path) -> Vec<Entry> {
    let found = entries(dir).unwrap().map(|found| match found.unwrap() {
        Found::Entry(entry) => entry,
        damaged @ Found::Damaged { .. } => panic!("{damaged:?}"),
    });
    found.collect()
}

/// Waits for numbers; the thread has a pace of its own.
fn until(log: &AccessLog, wanted: impl Fn(Numbers) -> bool) -> Numbers {
    for _ in 0..3000 {
        if wanted(log.numbers()) {
            return log.numbers();
        }
        thread::park_timeout(Duration::from_millis(10));
    }
    panic!("{:?}", log.numbers())
}

#[test]
fn calls_are_put_down_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let log = start(ReadsOptions::new(dir.path()));
    let paths = ["/a", "/b", "/c"];
    for path in paths {
        assert!(log.permit());
        log.put(access(path));
    }
    until(&log, |numbers| numbers.written == 3);
    let wanted: Vec<Entry> = paths.iter().map(|path| Entry::Access(access(path))).collect();
    assert_eq!(found(dir.path()), wanted);
}

#[test]
fn a_call_after_a_quiet_time_is_put_down_soon() {
    let dir = tempfile::tempdir().unwrap();
    let log = start(ReadsOptions::new(dir.path()));
    // Some ticks, after which the thread waits for longer.
    thread::park_timeout(Duration::from_millis(400));
    assert!(log.permit());
    log.put(access("/late"));
    for _ in 0..300 {
        if log.numbers().written == 1 {
            return;
        }
        thread::park_timeout(Duration::from_millis(10));
    }
    panic!("it waits for the end of the quiet time");
}

#[test]
fn calls_above_the_rate_are_counted_and_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let log = start(ReadsOptions { per_second: 10, ..ReadsOptions::new(dir.path()) });
    let permitted = (0..500).filter(|_| log.permit()).count();
    assert!((1..400).contains(&permitted), "{permitted}");
    for _ in 0..permitted {
        log.put(access("/"));
    }
    let left_out = 500 - permitted as u64;
    until(&log, |numbers| numbers.left_out == left_out && numbers.written > permitted as u64);
    let marks = found(dir.path()).into_iter().filter_map(|entry| match entry {
        Entry::LeftOut(mark) => Some(mark.count),
        Entry::Access(_) => None,
    });
    assert_eq!(marks.sum::<u64>(), left_out);
}

#[test]
fn a_policy_of_none_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("reads");
    let log = start(ReadsOptions { policy: ReadPolicy::None, ..ReadsOptions::new(&at) });
    assert!(!log.permit());
    log.put(access("/"));
    assert_eq!(log.numbers(), Numbers::default());
    assert!(!at.exists());
}

#[test]
fn a_disk_that_takes_nothing_leaves_calls_out() {
    let log = start(ReadsOptions::new("/proc/none"));
    assert!(log.permit());
    log.put(access("/"));
    let numbers = until(&log, |numbers| numbers.left_out > 0);
    assert_eq!(numbers, Numbers { written: 0, left_out: 1 });
}

#[test]
fn a_policy_is_read_by_its_name() {
    assert_eq!("none".parse(), Ok(ReadPolicy::None));
    assert_eq!("metadata".parse(), Ok(ReadPolicy::Metadata));
    assert_eq!("request".parse(), Ok(ReadPolicy::Request));
    assert!("all".parse::<ReadPolicy>().unwrap_err().contains("none, metadata or request"));
}
