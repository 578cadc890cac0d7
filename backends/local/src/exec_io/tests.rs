//! Streams before and after a start.

use std::sync::Arc;

use backends_core::{ExecAttach, ExecOutput};
use journal_domain::ExecId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::ExecStreams;

const EXEC: ExecId = ExecId::from_bytes([1; 32]);

#[tokio::test]
async fn what_a_program_wrote_before_the_client_came_is_not_lost() {
    let streams = ExecStreams::default();
    let attach = ExecAttach { stdin: true, stdout: true, stderr: false, tty: false };
    streams.prepare(EXEC, attach).unwrap();
    assert!(streams.take(EXEC).is_err(), "it has not started");
    streams.prepare(EXEC, attach).unwrap();
    let given = streams.give(EXEC);
    assert!(given.stdio.stdin && given.stdio.stdout && !given.stdio.stderr);
    let [stdin, stdout] = <[_; 2]>::try_from(given.fds).unwrap();
    rustix::io::write(&stdout, b"early").unwrap();
    drop(stdout);
    let mut io = streams.take(EXEC).unwrap();
    let ExecOutput::Split { stdout: Some(mut stdout), stderr: None } = io.output else {
        panic!("other streams than were asked for")
    };
    let mut text = String::new();
    stdout.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "early");
    io.stdin.as_mut().unwrap().write_all(b"in").await.unwrap();
    drop(io.stdin);
    let mut bytes = [0; 8];
    assert_eq!(rustix::io::read(&stdin, &mut bytes).unwrap(), 2);
    assert_eq!(rustix::io::read(&stdin, &mut bytes).unwrap(), 0, "dropping the input ends it");
}

#[tokio::test]
async fn an_exec_that_nobody_prepared_gets_nothing() {
    let streams = ExecStreams::default();
    let given = streams.give(EXEC);
    assert_eq!(given.stdio.count(), 0);
    assert!(given.fds.is_empty());
    assert!(streams.take(EXEC).is_err());
}

#[tokio::test(start_paused = true)]
async fn streams_that_nobody_takes_are_closed_a_while_after_the_end() {
    let streams = Arc::new(ExecStreams::default());
    let attach = ExecAttach { stdout: true, ..ExecAttach::default() };
    streams.prepare(EXEC, attach).unwrap();
    let given = streams.give(EXEC);
    streams.expire(EXEC);
    tokio::time::sleep(super::UNTAKEN_MAX * 2).await;
    let broken = rustix::io::write(&given.fds[0], b"nobody reads").unwrap_err();
    assert_eq!(broken, rustix::io::Errno::PIPE);
}
