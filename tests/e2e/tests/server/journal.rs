//! The log: every change and every refusal is a record, in one order, and folding them gives one state.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, exit_code};

use crate::setup;

fn named<'r>(records: &'r [Value], command: &str) -> Vec<&'r Value> {
    records.iter().filter(|record| record["command"] == command).collect()
}

#[tokio::test]
async fn j_001_every_change_is_a_record_with_its_actor() -> Result<()> {
    let server = setup::server().await?;
    let id = setup::start(&server, "told", "exit 7").await?;
    setup::wait(&server, &id).await?;
    server.client().post("/containers/told/rename?name=retold").await?.expect_status(204)?;
    server.client().delete("/containers/retold").await?.expect_status(204)?;
    let records = setup::records(&server)?;
    for command in ["container.create", "container.start", "container.rename", "container.remove"] {
        let found = named(&records, command);
        ensure!(found.len() == 1, "{} records of {command}", found.len());
        let record = found[0];
        assert_eq!(record["actor"]["principal"], "uid:0");
        ensure!(!record["request"].as_str().unwrap_or_default().is_empty(), "{record}");
        ensure!(record["time"].as_str().unwrap_or_default().ends_with('Z'), "{record}");
        ensure!(record["events"].as_array().is_some_and(|events| !events.is_empty()), "{record}");
    }
    let text = server.journal(&["ls"])?;
    ensure!(text.contains("uid:0 container.create"), "{text}");
    Ok(())
}

#[tokio::test]
async fn j_002_a_refusal_is_a_record_and_changes_nothing() -> Result<()> {
    let server = setup::server().await?;
    setup::create(&server, "taken", "true").await?;
    let before = server.client().get("/containers/taken/json").await?.text();
    let body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
    server.client().post_json("/containers/create?name=taken", &body).await?.expect_status(409)?;
    assert_eq!(server.client().get("/containers/taken/json").await?.text(), before);
    let records = setup::records(&server)?;
    let refused: Vec<&Value> = named(&records, "container.create")
        .into_iter()
        .filter(|record| record["events"] == json!([]))
        .collect();
    ensure!(refused.len() == 1, "{refused:?}");
    ensure!(refused[0]["outcome"].to_string().contains("already in use"), "{}", refused[0]);
    ensure!(server.journal(&["ls"])?.contains("refused: "), "the list does not show it");
    Ok(())
}

#[tokio::test]
async fn j_004_what_was_answered_is_there_after_a_kill() -> Result<()> {
    let mut server = setup::server().await?;
    let mut wanted = Vec::new();
    for round in 0..5 {
        for number in 0..10 {
            let name = format!("kept-{round}-{number}");
            setup::create(&server, &name, "true").await?;
            wanted.push(name);
        }
        server.kill()?;
        server.start_again().await?;
        assert_eq!(setup::names(&server).await?, wanted);
    }
    Ok(())
}

#[tokio::test]
async fn j_006_numbers_have_no_gap_and_answers_tell_them() -> Result<()> {
    let server = setup::server().await?;
    let mut last = 0;
    for number in 0..20 {
        let body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
        let path = format!("/containers/create?name=n{number}");
        let reply = server.client().post_json(&path, &body).await?.expect_status(201)?;
        let seq: u64 = reply.header("x-sockerless-seq").parse().context("X-Sockerless-Seq")?;
        ensure!(seq > last, "{seq} after {last}");
        last = seq;
    }
    let records = setup::records(&server)?;
    let seqs: Vec<u64> = records.iter().filter_map(|record| record["seq"].as_u64()).collect();
    ensure!(seqs.iter().copied().eq(1..=seqs.len() as u64), "numbers with gaps: {seqs:?}");
    ensure!(seqs.len() as u64 >= last, "{} records, and an answer told {last}", seqs.len());
    Ok(())
}

#[tokio::test]
async fn j_007_every_replay_gives_the_same_state() -> Result<()> {
    let mut server = setup::server().await?;
    for number in 0..10 {
        let id = setup::start(&server, &format!("n{number}"), "exit 3").await?;
        setup::wait(&server, &id).await?;
    }
    server.stop()?;
    let state = |text: &str| -> Result<String> {
        let line = text.lines().find(|line| line.starts_with("state "));
        Ok(line.with_context(|| format!("no state in {text}"))?.to_owned())
    };
    let first = server.journal(&["verify"])?;
    let copied = tempfile::tempdir()?;
    let copy = copied.path().join("data");
    setup::copy(&server.data(), &copy)?;
    let mut verify = server.network().command(server.binary());
    verify.args(["journal", "verify", "--data"]).arg(&copy);
    assert_eq!(state(&first)?, state(&tests_conformance::run(&mut verify)?)?);
    Ok(())
}

#[tokio::test]
async fn j_012_a_second_server_on_the_same_data_is_refused_and_told_who_owns_it() -> Result<()> {
    let mut server = setup::server().await?;
    let other = tempfile::tempdir()?;
    let mut second = server.network().command(server.binary());
    second.arg("serve").arg("--data").arg(server.data());
    second.arg("--listen").arg(format!("unix://{}", other.path().join("other.sock").display()));
    let output = second.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(exit_code(output.status), 0);
    ensure!(said.contains(&server.pid()?.to_string()), "the owner's pid is not told: {said}");
    server.docker().ok(&["ps"]).await?;
    ensure!(server.ended()?.is_none(), "the first server ended");
    Ok(())
}

#[tokio::test]
async fn j_001_the_log_is_read_beside_the_running_server() -> Result<()> {
    let server = setup::server().await?;
    setup::create(&server, "seen", "true").await?;
    for what in ["ls", "verify", "stats"] {
        let text = server.journal(&[what])?;
        ensure!(!text.trim().is_empty(), "journal {what} prints nothing");
    }
    Ok(())
}
