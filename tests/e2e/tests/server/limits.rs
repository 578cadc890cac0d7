//! Input without measure: refused with the limit named, and the server's memory stays bounded.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use futures_util::future::join_all;
use serde_json::json;
use tests_conformance::{BUSYBOX, Server, report};

use crate::setup;

/// Bytes of a body that is far too long.
const HUGE_BYTES: usize = 10_000_000;

/// Such bodies at once.
const AT_ONCE: usize = 32;

/// What the server may take beside what it took before: a tenth of what is sent to it.
const GROWTH_BYTES_MAX: u64 = 32_000_000;

/// The most memory that the server has had, in bytes.
fn peak_bytes(server: &Server) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid()?))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("VmHWM")?;
    let kib: u64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
    Ok(kib * 1024)
}

#[tokio::test]
async fn j_017_huge_bodies_are_413_with_the_limit_and_memory_stays_bounded() -> Result<()> {
    let server = setup::server().await?;
    let body = json!({"Image": BUSYBOX, "Cmd": ["x".repeat(HUGE_BYTES)]});
    let before = peak_bytes(&server)?;
    let calls = (0..AT_ONCE).map(|_| {
        let (client, body) = (server.client(), body.clone());
        async move { client.post_json("/containers/create", &body).await }
    });
    for reply in join_all(calls).await {
        // A client that is still sending when the answer comes may find the connection closed.
        let Ok(reply) = reply else { continue };
        let reply = reply.expect_status(413)?;
        let message = reply.message();
        ensure!(message.contains("the limit is 262144 bytes"), "{message}");
    }
    let reply = server.client().post_json("/containers/create", &body).await;
    if let Ok(reply) = reply {
        reply.expect_status(413)?;
    }
    let after = peak_bytes(&server)?;
    report(&format!("{before} bytes before, at most {after} with {AT_ONCE} huge bodies"));
    // The kernel sums its counters by processor without a lock: a later peak may read as a little less.
    ensure!(
        after.saturating_sub(before) < GROWTH_BYTES_MAX,
        "{before} bytes before, {after} after"
    );
    assert_eq!(setup::names(&server).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn j_017_ten_thousand_labels_are_400_with_the_limit() -> Result<()> {
    let server = setup::server().await?;
    let labels: BTreeMap<String, &str> = (0..10_000).map(|n| (format!("l{n}"), "v")).collect();
    let body = json!({"Image": BUSYBOX, "Labels": labels});
    let reply = server.client().post_json("/containers/create", &body).await?.expect_status(400)?;
    let message = reply.message();
    ensure!(message.contains("10000, at most 4096"), "{message}");
    Ok(())
}
