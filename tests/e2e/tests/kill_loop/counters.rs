//! Containers that count: they run through every kill, and what they write has no gap.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Client, Output, Server};

use crate::model::Seen;
use crate::worker::KEY_LABEL;

/// Counting containers.
const COUNTERS: usize = 3;

/// A line a number, on both streams in turn.
const SCRIPT: &str =
    "i=0; while :; do echo $i; i=$((i+1)); echo $i >&2; i=$((i+1)); usleep 20000; done";

/// The counting containers with the processes that they must keep.
#[derive(Debug)]
pub(crate) struct Counters {
    pids: BTreeMap<String, u64>,
}

impl Counters {
    /// Starts the counting containers.
    pub(crate) async fn start(server: &mut Server) -> Result<Self> {
        let client = server.client();
        let mut pids = BTreeMap::new();
        for number in 0..COUNTERS {
            let key = format!("counter-{number}");
            let body =
                json!({"Image": BUSYBOX, "Cmd": ["sh", "-c", SCRIPT], "Labels": {KEY_LABEL: key}});
            let path = format!("/containers/create?name={key}");
            client.post_json(&path, &body).await?.expect_status(201)?;
            client.post(&format!("/containers/{key}/start")).await?.expect_status(204)?;
            let whole = client.get(&format!("/containers/{key}/json")).await?.json()?;
            pids.insert(key, whole["State"]["Pid"].as_u64().context("Pid")?);
        }
        Ok(Self { pids })
    }

    /// Checks that each still runs as the process it was.
    pub(crate) fn check(&self, seen: &BTreeMap<String, Seen>) -> Result<()> {
        for (key, pid) in &self.pids {
            let found = seen.get(key).with_context(|| format!("{key} is lost"))?;
            ensure!(
                found.status == "running" && found.pid == *pid,
                "{found:?} is not process {pid}"
            );
        }
        Ok(())
    }

    /// Reads all that was written and checks that no number is missing or doubled. Returns how many there are.
    pub(crate) async fn check_output(&self, client: &Client) -> Result<u64> {
        let mut lines = 0;
        for key in self.pids.keys() {
            let path = format!("/containers/{key}/logs?stdout=1&stderr=1");
            let reply = client.get(&path).await?.expect_status(200)?;
            let output = Output::of_frames(&reply.body)?;
            for (text, parity) in [(output.out(), 0), (output.err(), 1)] {
                for (line, wanted) in text.lines().zip((parity..).step_by(2)) {
                    ensure!(
                        line == u64::to_string(&wanted),
                        "{key} wrote {line:?} where {wanted} follows"
                    );
                    lines += 1;
                }
            }
        }
        ensure!(lines > 0, "nothing was written");
        Ok(lines)
    }
}
