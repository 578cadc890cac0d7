//! A writer that is killed, or whose system calls fail: whatever it acknowledged is there.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::support::{Fixture, Numbers, is_long, options, read_all, tell};

/// Bytes of the writer's witness: small, so that flushes are under way when it is killed.
const WITNESS_BYTES: u64 = 256 << 10;

#[expect(clippy::disallowed_methods, reason = "the writer has to be a process to be killed")]
fn command(program: &str) -> Command {
    Command::new(program)
}

/// Starts the writer, under strace with `inject` where that is given.
fn writer(folder: &Path, inject: Option<&str>) -> Child {
    let binary = env!("CARGO_BIN_EXE_journal-rocks-writer");
    let mut command = match inject {
        None => command(binary),
        Some(inject) => {
            let mut strace = command("strace");
            let calls = inject.split(':').next().unwrap_or_default();
            // As a grandchild the tracer leaves the writer to be our child, so that it can be killed.
            strace.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
            strace.args(["-e", &format!("inject={inject}"), binary]);
            strace
        }
    };
    command.arg(folder).arg(WITNESS_BYTES.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Reads what the writer acknowledges until it has acknowledged `count` groups, kills it, and reads the rest.
fn kill_after(mut writer: Child, count: usize) -> (u64, ExitStatus) {
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut acknowledged = 0;
    let mut note = |line: Option<std::io::Result<String>>| {
        // The last line may be cut short by the kill; then it was not said.
        let seq = line.map(|line| line.unwrap().parse::<u64>().unwrap_or(0));
        acknowledged = seq.unwrap_or(0).max(acknowledged);
        seq.is_some()
    };
    for _ in 0..count {
        if !note(lines.next()) {
            break;
        }
    }
    writer.kill().unwrap();
    while note(lines.next()) {}
    (acknowledged, writer.wait().unwrap())
}

/// Opens what the writer left; checks it and that everything acknowledged is in it.
fn check(fixture: &Fixture, acknowledged: u64, what: &str) {
    let (report, records) = fixture.open().unwrap_or_else(|error| panic!("{what}: {error:?}"));
    assert!(report.head.get() >= acknowledged, "{what}: {acknowledged} is gone, {report:?}");
    assert_eq!(records.len() as u64, report.head.get(), "{what}");
}

#[test]
fn a_writer_killed_at_random_points_loses_nothing_acknowledged() {
    let fixture = Fixture::new(WITNESS_BYTES);
    let mut numbers = Numbers(7);
    let mut last = 0;
    let rounds = if is_long() { 300 } else { 15 };
    for round in 0..rounds {
        let (acknowledged, _) =
            kill_after(writer(&fixture.path(), None), numbers.below(150) as usize);
        check(&fixture, acknowledged, &format!("round {round}"));
        assert!(acknowledged == 0 || acknowledged > last, "it goes on where it was");
        last = acknowledged.max(last);
    }
    tell("journal-kills", rounds);
}

#[test]
fn a_writer_killed_at_any_system_call_loses_nothing_acknowledged() {
    if !has_strace() {
        return;
    }
    let mut tried = 0;
    let calls = ["fdatasync", "pwrite64", "write", "rename", "unlink", "fallocate", "openat"];
    for call in calls {
        let step = if is_long() { 1 } else { 13 };
        for nth in (1..60).step_by(step) {
            let fixture = Fixture::new(WITNESS_BYTES);
            let inject = format!("{call}:signal=KILL:when={nth}");
            let (acknowledged, _) = kill_after(writer(&fixture.path(), Some(&inject)), 60);
            check(&fixture, acknowledged, &inject);
            tried += 1;
        }
    }
    tell("journal-calls-killed", tried);
}

#[test]
fn a_failed_write_or_sync_ends_the_writer_and_loses_nothing_acknowledged() {
    if !has_strace() {
        return;
    }
    let mut tried = 0;
    for (call, error) in [("fdatasync", "EIO"), ("pwrite64", "ENOSPC"), ("write", "ENOSPC")] {
        for nth in (1..90).step_by(if is_long() { 1 } else { 11 }) {
            let fixture = Fixture::new(WITNESS_BYTES);
            let inject = format!("{call}:error={error}:when={nth}");
            let (acknowledged, status) = kill_after(writer(&fixture.path(), Some(&inject)), 200);
            assert!(status.code().is_none_or(|code| code == 70), "{inject}: {status}");
            check(&fixture, acknowledged, &inject);
            tried += 1;
        }
    }
    tell("journal-calls-failed", tried);
}

#[test]
fn a_writer_killed_while_it_is_watched_was_seen_whole_at_each_moment() {
    let fixture = Fixture::new(WITNESS_BYTES);
    let writer = writer(&fixture.path(), None);
    let (acknowledged, _) = kill_after(writer, 100);
    let view = journal_rocks::ReadOnly::open(&fixture.path()).unwrap();
    let head = view.reader().head();
    assert!(head.get() >= acknowledged);
    assert_eq!(read_all(&*view.reader()).len() as u64, head.get());
    let (journal, _) =
        journal_rocks::RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
    assert!(journal_log::Journal::tail(&journal).seq >= head);
}

/// Tells whether system calls can be made to fail here.
fn has_strace() -> bool {
    command("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
