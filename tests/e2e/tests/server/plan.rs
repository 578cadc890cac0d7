//! What is wanted, what was found, and what would be done.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{Server, command, eventually, run};

use crate::past::{told, told_ok};
use crate::setup;

const LIMIT: Duration = Duration::from_secs(20);

fn lines(server: &Server) -> Result<Vec<Value>> {
    let text = told_ok(server, &["plan", "--json"])?;
    text.lines().map(|line| serde_json::from_str(line).context("a line of plan")).collect()
}

fn line_of(server: &Server, name: &str) -> Result<Value> {
    let lines = lines(server)?;
    lines.into_iter().find(|line| line["name"] == name).with_context(|| format!("no {name}"))
}

#[tokio::test]
async fn j_034_a_plan_beside_a_running_server_finds_what_is_wanted_and_touches_nothing()
-> Result<()> {
    let server = setup::server().await?;
    setup::create(&server, "idle", "true").await?;
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    setup::start(&server, "web", script).await?;
    let pid = setup::inspect(&server, "web").await?["State"]["Pid"].to_string();
    let before = setup::records(&server)?.len();
    let text = told_ok(&server, &["plan"])?;
    let wanted = format!(": wanted run 1 running, found run 1 running as process {pid}\n");
    ensure!(text.contains("= container web ") && text.contains(&wanted), "{text}");
    ensure!(text.contains("= container idle ") && text.contains("wanted not started"), "{text}");
    ensure!(text.ends_with("objects: 2, steps to do: 0\n"), "{text}");
    assert_eq!(setup::records(&server)?.len(), before);
    // The server still has the container in hand, whose holder was asked by somebody else meanwhile.
    let docker = server.docker();
    assert_eq!(docker.ok(&["exec", "web", "echo", "inside"]).await?, "inside");
    docker.ok(&["stop", "-t", "20", "web"]).await?;
    assert_eq!(setup::inspect(&server, "web").await?["State"]["ExitCode"], 9);
    assert_eq!(line_of(&server, "web")?["steps"], json!([]));
    Ok(())
}

#[tokio::test]
async fn j_034_what_happened_without_a_server_is_told_before_the_next_one_puts_it_right()
-> Result<()> {
    let mut server = setup::server().await?;
    for name in ["killed", "stays"] {
        setup::start(&server, name, "exec sleep 1000").await?;
    }
    server.kill()?;
    assert_eq!(line_of(&server, "killed")?["steps"], json!([]));
    let log = setup::records(&server)?;
    let pid = log
        .iter()
        .find(|record| record["command"] == "container.observe_started")
        .and_then(|record| {
            record["asked"]["started"]["pid"].as_u64().or(record["asked"]["pid"].as_u64())
        })
        .with_context(|| format!("no pid in {log:?}"))?;
    run(command("kill").args(["-KILL", &pid.to_string()]))?;
    let steps = ["record its end with 137"];
    eventually("its end is found", LIMIT, async || {
        Ok((line_of(&server, "killed")?["steps"] == json!(steps)).then_some(()))
    })
    .await?;
    let text = told_ok(&server, &["plan"])?;
    ensure!(text.contains("~ container killed "), "{text}");
    ensure!(
        text.contains(": wanted run 1 running, found run 1 ended with 137\n    record"),
        "{text}"
    );
    ensure!(text.contains("= container stays "), "{text}");
    ensure!(text.ends_with("objects: 2, steps to do: 1\n"), "{text}");
    // It was told twice, and is not done: nothing came into the log.
    assert_eq!(setup::records(&server)?, log);
    server.start_again().await?;
    let state = setup::inspect(&server, "killed").await?["State"].clone();
    assert_eq!((&state["Status"], &state["ExitCode"]), (&json!("exited"), &json!(137)));
    ensure!(lines(&server)?.iter().all(|line| line["steps"] == json!([])), "{:?}", lines(&server)?);
    Ok(())
}

#[tokio::test]
async fn j_034_a_plan_of_no_directory_is_refused() -> Result<()> {
    let mut server = setup::server().await?;
    server.stop()?;
    let missing = server.data().join("nosuch");
    let mut plan = server.network().command(server.binary());
    let output = plan.arg("plan").arg("--data").arg(&missing).output()?;
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success() && words.contains("opening the log"), "{words}");
    ensure!(!missing.exists(), "a look has made a directory");
    let (code, words) = told(&server, &["plan"])?;
    ensure!(code == 0 && words == "objects: 0, steps to do: 0\n", "{code}: {words}");
    Ok(())
}
