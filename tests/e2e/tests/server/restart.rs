//! Containers outlive the server: killed or asked to end, it comes back and finds them as they are.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests_conformance::{Output, eventually};

use crate::setup;

/// Counts without end, a line a number.
const COUNT: &str = "i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done";

const LIMIT: Duration = Duration::from_secs(20);

fn ensure_contiguous(text: &str) -> Result<usize> {
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        ensure!(*line == index.to_string(), "line {index} is {line:?}");
    }
    Ok(lines.len())
}

#[tokio::test]
async fn d_302_a_container_goes_on_while_the_server_is_dead() -> Result<()> {
    let mut server = setup::server().await?;
    let id = setup::start(&server, "counter", COUNT).await?;
    let pid = setup::inspect(&server, &id).await?["State"]["Pid"].as_u64().context("Pid")?;
    server.kill()?;
    ensure!(setup::is_alive(pid), "the container ended with the server");
    // The container's own output shows that it goes on: its log grows while no server is there.
    let size = || -> Result<u64> { folder_bytes(&server.data().join("logs")) };
    let before = size()?;
    eventually("the log grows", LIMIT, async || Ok((size()? > before + 200).then_some(()))).await?;
    server.start_again().await?;
    let state = setup::inspect(&server, &id).await?["State"].clone();
    assert_eq!((&state["Running"], &state["Pid"]), (&json!(true), &json!(pid)));
    let count = ensure_contiguous(&setup::output(&server, &id).await?)?;
    eventually("it counts on", LIMIT, async || {
        let now = ensure_contiguous(&setup::output(&server, &id).await?)?;
        Ok((now > count).then_some(()))
    })
    .await?;
    server.client().post(&format!("/containers/{id}/kill")).await?.expect_status(204)?;
    assert_eq!(setup::wait(&server, &id).await?, 137);
    Ok(())
}

#[tokio::test]
async fn d_302_an_exit_while_the_server_is_dead_is_known_afterwards() -> Result<()> {
    let mut server = setup::server().await?;
    let id = setup::start(&server, "ends", "echo begun; sleep 1; echo over; exit 23").await?;
    let pid = setup::inspect(&server, &id).await?["State"]["Pid"].as_u64().context("Pid")?;
    server.kill()?;
    eventually("it has ended", LIMIT, async || Ok((!setup::is_alive(pid)).then_some(()))).await?;
    server.start_again().await?;
    assert_eq!(setup::wait(&server, &id).await?, 23);
    let state = setup::inspect(&server, &id).await?["State"].clone();
    assert_eq!((&state["Status"], &state["ExitCode"]), (&json!("exited"), &json!(23)));
    ensure!(state["FinishedAt"].as_str() > state["StartedAt"].as_str(), "{state}");
    assert_eq!(setup::output(&server, &id).await?, "begun\nover\n");
    Ok(())
}

#[tokio::test]
async fn d_302_a_restarted_server_has_containers_in_hand() -> Result<()> {
    let mut server = setup::server().await?;
    let script = "trap 'echo term; exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    let id = setup::start(&server, "handled", script).await?;
    server.kill()?;
    server.start_again().await?;
    let docker = server.docker();
    assert_eq!(docker.ok(&["exec", "handled", "echo", "inside"]).await?, "inside");
    let mut stream =
        server.client().hijack("/containers/handled/attach?logs=1&stream=1&stdout=1", None).await?;
    stream.read_until(b"ready").await?;
    docker.ok(&["stop", "-t", "20", "handled"]).await?;
    ensure!(Output::of_frames(&stream.read_to_end().await?)?.out().contains("term"), "no word");
    assert_eq!(setup::inspect(&server, &id).await?["State"]["ExitCode"], 9);
    docker.ok(&["start", "handled"]).await?;
    docker.ok(&["rm", "-f", "handled"]).await?;
    Ok(())
}

#[tokio::test]
async fn w_007_stdin_stays_open_without_a_server() -> Result<()> {
    let mut server = setup::server().await?;
    let body = json!({
        "Image": tests_conformance::BUSYBOX, "OpenStdin": true, "Cmd": ["sh", "-c", "while read l; do echo got $l; done"]
    });
    server.client().post_json("/containers/create?name=reader", &body).await?.expect_status(201)?;
    server.client().post("/containers/reader/start").await?.expect_status(204)?;
    let path = "/containers/reader/attach?stream=1&stdin=1&stdout=1";
    let mut stream = server.client().hijack(path, None).await?;
    stream.write(b"one\n").await?;
    stream.read_until(b"got one").await?;
    server.kill()?;
    drop(stream);
    server.start_again().await?;
    assert_eq!(setup::inspect(&server, "reader").await?["State"]["Running"], true);
    let mut stream = server.client().hijack(path, None).await?;
    stream.write(b"two\n").await?;
    stream.read_until(b"got two").await?;
    Ok(())
}

#[tokio::test]
async fn d_302_an_orderly_end_of_the_server_stops_no_container() -> Result<()> {
    let mut server = setup::server().await?;
    let id = setup::start(&server, "stays", COUNT).await?;
    let pid = setup::inspect(&server, &id).await?["State"]["Pid"].as_u64().context("Pid")?;
    let status = server.stop()?;
    ensure!(status.success(), "the server ended with {status}: {}", server.log_end());
    ensure!(setup::is_alive(pid), "the container ended with the server");
    server.start_again().await?;
    assert_eq!(setup::inspect(&server, &id).await?["State"]["Pid"], json!(pid));
    ensure_contiguous(&setup::output(&server, &id).await?)?;
    Ok(())
}

#[tokio::test]
async fn d_302_a_killed_holder_is_the_end_of_its_container() -> Result<()> {
    let server = setup::server().await?;
    let id = setup::start(&server, "orphan", "sleep 100").await?;
    let shims = tests_conformance::processes(&server.data())?;
    let shim = shims.iter().find(|process| process.command.contains("shim"));
    let shim = shim.with_context(|| format!("no shim among {shims:?}"))?.pid;
    tests_conformance::run(tests_conformance::command("kill").args(["-KILL", &shim.to_string()]))?;
    let ended = eventually("the end is seen", LIMIT, async || {
        Ok(Some(setup::inspect(&server, &id).await?).filter(|c| c["State"]["Running"] == false))
    });
    let state = ended.await?["State"].clone();
    assert_eq!(state["Status"], "exited");
    ensure!(state["ExitCode"] != 0, "{state}");
    server.client().delete(&format!("/containers/{id}")).await?.expect_status(204)?;
    Ok(())
}

/// The bytes of all files below a folder.
fn folder_bytes(folder: &std::path::Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.metadata()?;
        sum += if file.is_dir() { folder_bytes(&entry.path())? } else { file.len() };
    }
    Ok(sum)
}

#[tokio::test]
async fn d_301_a_create_under_one_key_is_done_once_also_across_kills() -> Result<()> {
    let mut server = setup::server().await?;
    let body = json!({"Image": tests_conformance::BUSYBOX, "Cmd": ["true"], "Env": ["PIN=1234"]});
    let path = "/containers/create?name=once";
    let first = server.client().post_json_once(path, "key-1", &body).await?.expect_status(201)?;
    for _ in 0..2 {
        server.kill()?;
        server.start_again().await?;
        let again = server.client().post_json_once(path, "key-1", &body).await?;
        let again = again.expect_status(201)?;
        assert_eq!((again.json()?, again.header("idempotent-replayed")), (first.json()?, "true"));
        assert_eq!(setup::names(&server).await?, ["once"]);
    }
    let other = json!({"Image": tests_conformance::BUSYBOX, "Cmd": ["false"]});
    server.client().post_json_once(path, "key-1", &other).await?.expect_status(422)?;
    Ok(())
}
