//! Ten thousand clients that follow: seven of ten the events, the others the output of one container. Each must be told
//! everything; counted is what the server needs for them.
//!
//! Who follows output has two files open in the server beside the connection; so all of them fit under a limit of 20,000
//! open files.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use tests_conformance::Docker;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::{Plan, create};
use crate::figure::{Figure, Unit};
use crate::machine::resident_mebibytes;
use crate::subject::Kind;
use crate::wire::{Wire, request};

const FOLLOWERS: &str = "10,000 followers";

/// Containers that are created while the events are followed: an event each.
const EVENTS: usize = 20;

/// What the container writes for those who follow its output: lines of this mark.
const LINES: usize = 20;
const MARK: &[u8] = b"a line of output";

/// Bytes read at once from one follower.
const BUFFER_BYTES: usize = 4096;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let (of_events, of_output) = (plan.amount(7000, 20), plan.amount(3000, 20));
    // dockerd drops events where a reader is slow, so that it cannot be held to the same.
    for kind in plan.servers().filter(|kind| *kind == Kind::Sockerless) {
        let subject = plan.start(kind).await?;
        let socket = subject.socket();
        let mut wire = Wire::open(&socket).await?;
        let script = format!(
            "i=0; while read -r _ && [ $i -lt {LINES} ]; do echo '{}'; i=$((i+1)); done",
            String::from_utf8_lossy(MARK)
        );
        let writer =
            create(&mut wire, &["sh", "-c", &format!("mkfifo /go; {script} < /go; sleep 100000")])
                .await?;
        wire.expect(&request("POST", &format!("/v1.41/containers/{writer}/start"), ""), 204)
            .await?;
        let logs = format!("/v1.41/containers/{writer}/logs?follow=1&stdout=1");
        let filter = "%7B%22event%22%3A%5B%22create%22%5D%7D";
        let events = follow(
            &socket,
            of_events,
            &format!("/v1.41/events?filters={filter}"),
            b"\"Action\":\"create\"",
            EVENTS,
        )
        .await?;
        let output = follow(&socket, of_output, &logs, MARK, LINES).await?;
        for _ in 0..EVENTS {
            create(&mut wire, &["true"]).await?;
        }
        let go = format!("until [ -p /go ]; do sleep 0.05; done; yes | head -n {LINES} > /go");
        Docker::new(&socket).ok(&["exec", &writer, "sh", "-c", &go]).await?;
        // They go on following while the memory is measured.
        let mut held = Vec::new();
        for follower in events.into_iter().chain(output) {
            held.push(follower.await??);
        }
        let resident = resident_mebibytes(&subject.pids()?)?;
        ensure!(held.len() == (of_events + of_output) as usize, "{} followers", held.len());
        figures.push(Figure::plain(FOLLOWERS, kind, resident, Unit::Mebibytes));
    }
    Ok(figures)
}

/// A client, once it has been told everything.
type Follower = tokio::task::JoinHandle<Result<UnixStream>>;

/// Opens followers of `path`, each of which reads until it has seen `mark` so many times; all of them stay open.
async fn follow(
    socket: &Path,
    followers: u32,
    path: &str,
    mark: &'static [u8],
    times: usize,
) -> Result<Vec<Follower>> {
    let mut open = Vec::new();
    for _ in 0..followers {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(&request("GET", path, "")).await?;
        // The head shows that it follows.
        let mut head = Vec::new();
        while !head.windows(4).any(|window| window == b"\r\n\r\n") {
            ensure!(stream.read_buf(&mut head).await? > 0, "cut before the answer's head");
        }
        ensure!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        open.push(tokio::task::spawn_local(async move {
            read(&mut stream, head, mark, times).await?;
            anyhow::Ok(stream)
        }));
    }
    Ok(open)
}

async fn read(stream: &mut UnixStream, mut seen: Vec<u8>, mark: &[u8], times: usize) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let found = seen.windows(mark.len()).filter(|window| *window == mark).count();
        if found >= times {
            ensure!(found == times, "told {found} times, not {times}");
            return Ok(());
        }
        let count = stream.read(&mut buffer).await?;
        ensure!(count > 0, "cut after {found} of {times}");
        seen.extend_from_slice(buffer.get(..count).context("what was read")?);
    }
}
