//! Calls that change nothing: an entry for each, a count of what is too much, and none in the way.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests_conformance::{Connection, Server, eventually, request};

use crate::setup;

/// How long the entries of calls may take to be listed.
const LISTED_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

fn listed(server: &Server, arguments: &[&str]) -> Result<Vec<Value>> {
    let text = server.journal(&[&["reads", "--json"], arguments].concat())?;
    text.lines().map(|line| serde_json::from_str(line).context("a line of journal reads")).collect()
}

async fn listed_with(server: &Server, path: &str) -> Result<Value> {
    let look = async || {
        let all = listed(server, &[])?;
        Ok(all.into_iter().find(|entry| entry["path"] == path))
    };
    eventually("the call is listed", LISTED_LIMIT, look).await
}

#[tokio::test]
async fn j_003_a_read_leaves_an_entry_in_a_side_log() -> Result<()> {
    let mut server = setup::server().await?;
    setup::create(&server, "web", "true").await?;
    let head = setup::records(&server)?.len();
    let reply = server.client().get("/containers/web/json?size=0").await?.expect_status(200)?;
    server.client().get("/containers/nosuch/json").await?.expect_status(404)?;
    let entry = listed_with(&server, "/containers/web/json").await?;
    assert_eq!(entry["route"], "/containers/{id}/json");
    assert_eq!(entry["caller"], "uid:0");
    assert_eq!(entry["status"], 200);
    assert_eq!(entry["as_of"].to_string(), reply.header("x-sockerless-as-of"));
    assert_eq!(entry["query"], Value::Null, "by the default policy");
    assert_eq!(listed_with(&server, "/containers/nosuch/json").await?["status"], 404);
    let all = listed(&server, &[])?;
    ensure!(all.iter().all(|entry| entry["path"] != "/_ping"), "a ping is put down");
    assert_eq!(setup::records(&server)?.len(), head, "a read is in the log");
    let time = entry["time"].as_str().context("time")?;
    ensure!(listed(&server, &["--from", time])?.contains(&entry), "not from its time on");
    let later = listed(&server, &["--from", "2100-01-01T00:00:00Z"])?;
    assert_eq!(later, [] as [Value; 0]);
    // The side log outlives its server, and damage to it keeps nobody from starting.
    server.stop()?;
    ensure!(listed(&server, &[])?.contains(&entry), "it is gone with the server");
    for segment in std::fs::read_dir(server.data().join("reads"))? {
        std::fs::write(segment?.path(), b"no segment")?;
    }
    server.start_again().await?;
    server.client().get("/containers/web/json").await?.expect_status(200)?;
    listed_with(&server, "/containers/web/json").await.map(drop)
}

#[tokio::test]
async fn j_003_reads_above_the_rate_are_counted() -> Result<()> {
    const CALLS: u64 = 5000;
    let server = setup::server().await?;
    let mut connection = Connection::open(&server.socket()).await?;
    for _ in 0..CALLS {
        let get = request(http::Method::GET, "/info", None)?;
        connection.exchange(get).await?.expect_status(200)?;
    }
    let look = async || {
        let all = listed(&server, &[])?;
        let whole = all.iter().filter(|entry| entry["path"] == "/info").count() as u64;
        let left_out: u64 = all.iter().filter_map(|entry| entry["left_out"].as_u64()).sum();
        Ok((whole + left_out >= CALLS).then_some((whole, left_out)))
    };
    let (whole, left_out) = eventually("every call is told of", LISTED_LIMIT, look).await?;
    ensure!(whole > 0, "none is whole, {left_out} are left out");
    Ok(())
}

#[tokio::test]
async fn j_003_the_policy_tells_what_is_put_down() -> Result<()> {
    let server = Server::start_with(&["--audit-reads", "request"]).await?;
    server.client().get("/containers/json?all=1&token=hunter2").await?.expect_status(200)?;
    let entry = listed_with(&server, "/containers/json").await?;
    assert_eq!(entry["query"], "all=1&token=...");
    let silent = Server::start_with(&["--audit-reads", "none"]).await?;
    silent.client().get("/containers/json").await?.expect_status(200)?;
    ensure!(!silent.data().join("reads").exists(), "something is put down");
    Ok(())
}
