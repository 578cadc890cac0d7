//! Clients that were cut off come back with `since`: nothing is missing, nothing is told twice.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests_conformance::{Server, eventually, finish};

use crate::setup;

/// Counts without end, a line a number.
const COUNT: &str = "i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done";

const LIMIT: Duration = Duration::from_secs(20);

async fn until_lines(server: &Server, id: &str, lines: usize) -> Result<()> {
    eventually("the container has written", LIMIT, async || {
        Ok((setup::output(server, id).await?.lines().count() >= lines).then_some(()))
    })
    .await
}

#[tokio::test]
async fn d_303_followed_logs_go_on_where_they_were_cut() -> Result<()> {
    let mut server = setup::server().await?;
    let id = setup::start(&server, "counter", COUNT).await?;
    let following = server.docker().start(&["logs", "--follow", "--timestamps", &id])?;
    until_lines(&server, &id, 30).await?;
    server.kill()?;
    let first = finish(following, b"").await?.out;
    let (last, _) = first.lines().last().and_then(|line| line.split_once(' ')).context("a line")?;
    server.start_again().await?;
    let lines = first.lines().count();
    let again =
        server.docker().start(&["logs", "--follow", "--timestamps", "--since", last, &id])?;
    until_lines(&server, &id, lines + 30).await?;
    server.client().post(&format!("/containers/{id}/kill")).await?.expect_status(204)?;
    let second = finish(again, b"").await?.out;
    // What was written at that very moment is told again; the time tells which it was.
    let repeated = second.lines().take_while(|line| first.lines().any(|before| before == *line));
    let repeated: Vec<&str> = repeated.collect();
    ensure!(repeated.iter().all(|line| line.starts_with(last)), "{repeated:?}");
    let rest = second.lines().skip(repeated.len());
    let numbers = first.lines().chain(rest).map(|line| line.rsplit(' ').next().unwrap_or_default());
    let numbers: Vec<usize> = numbers.map(str::parse).collect::<Result<_, _>>()?;
    assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>());
    ensure!(numbers.len() >= lines + 30, "{} lines", numbers.len());
    Ok(())
}

/// What tells an event from every other: its time, its object, its action.
type Told = (u64, String, String);

fn told(lines: &str) -> Result<Vec<Told>> {
    let read = |line: &str| -> Result<Told> {
        let event: Value = serde_json::from_str(line)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let time = event["timeNano"].as_u64().context("timeNano")?;
        Ok((time, text(&event["Actor"]["ID"]), text(&event["Action"])))
    };
    lines.lines().map(read).collect()
}

async fn run(server: &Server, name: &str) -> Result<()> {
    let id = setup::start(server, name, "exit 0").await?;
    setup::wait(server, &id).await?;
    server.client().delete(&format!("/containers/{id}")).await?.expect_status(204)?;
    Ok(())
}

#[tokio::test]
async fn d_303_events_go_on_where_they_were_cut() -> Result<()> {
    let mut server = setup::server().await?;
    let json = "{{json .}}";
    let all = ["events", "--filter", "type=container", "--format", json, "--since"];
    let following = server.docker().start(&[&all[..], &["0"]].concat())?;
    for number in 0..3 {
        run(&server, &format!("before-{number}")).await?;
    }
    server.kill()?;
    let first = told(&finish(following, b"").await?.out)?;
    server.start_again().await?;
    run(&server, "after").await?;
    let (last, ..) = first.last().context("an event")?;
    let since = format!("{}.{:09}", last / 1_000_000_000, last % 1_000_000_000);
    let until = (jiff::Timestamp::now().as_second() + 1).to_string();
    let ask = async |since: &str| -> Result<Vec<Told>> {
        told(&server.docker().ok(&[&all[..], &[since, "--until", &until]].concat()).await?)
    };
    let (second, whole) = (ask(&since).await?, ask("0").await?);
    ensure!(second.iter().all(|(time, ..)| time >= last), "{second:?}");
    let twice: Vec<_> = second.iter().filter(|event| first.contains(event)).collect();
    ensure!(twice.iter().all(|(time, ..)| time == last), "{twice:?}");
    let both: BTreeSet<&Told> = first.iter().chain(&second).collect();
    assert_eq!(both, whole.iter().collect::<BTreeSet<_>>());
    assert_eq!(whole.len(), 4 * 4, "{whole:?}");
    Ok(())
}

#[tokio::test]
async fn d_303_a_wait_that_was_cut_is_asked_again() -> Result<()> {
    let mut server = setup::server().await?;
    let id = setup::start(&server, "ends", "sleep 2; exit 7").await?;
    let waiting = server.docker().start(&["wait", &id])?;
    server.kill()?;
    let cut = finish(waiting, b"").await?;
    ensure!(cut.code != 0, "a wait that was cut says so: {cut:?}");
    server.start_again().await?;
    assert_eq!(server.docker().ok(&["wait", &id]).await?.trim(), "7");
    Ok(())
}
