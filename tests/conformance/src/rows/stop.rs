//! Stop, kill, restart and signals.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde_json::json;

use crate::cx::Cx;
use crate::images::SIGNALS;
use crate::row::{Oracle, Row, rows};

/// Answers TERM with its own exit code.
const POLITE: &str = "trap 'echo term; exit 9' TERM; echo ready; while :; do sleep 0.05; done";

/// Does not hear TERM.
const DEAF: &str = "trap '' TERM; echo ready; while :; do sleep 0.05; done";

pub(super) const ROWS: &[Row] = rows![
    d_027_stop_asks_and_takes_the_programs_own_code,
    d_027_stop_kills_after_its_time,
    d_027_a_stop_of_what_does_not_run_is_304,
    d_027_stop_takes_a_signal(Oracle::KnowsFrom(1, 42)),
    d_028_restart_ends_and_starts_again,
    d_028_restart_starts_what_was_stopped,
    d_029_kill_delivers_a_signal_and_the_program_goes_on,
    d_029_kill_without_a_signal_is_137,
    d_029_kill_of_what_does_not_run_is_409,
    d_029_an_unknown_signal_is_400,
    d_048_init_is_process_one_and_reaps,
    d_051_the_images_stop_signal_is_used,
];

async fn d_027_stop_asks_and_takes_the_programs_own_code(cx: Cx) -> Result<()> {
    let name = cx.start_script("polite", POLITE, json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    cx.client().post(&format!("/containers/{name}/stop?t=20")).await?.expect_status(204)?;
    let state = cx.inspect(&name).await?["State"].clone();
    assert_eq!((&state["Running"], &state["ExitCode"]), (&json!(false), &json!(9)));
    assert_eq!(cx.logs(&name).await?.out(), "ready\nterm\n");
    Ok(())
}

async fn d_027_stop_kills_after_its_time(cx: Cx) -> Result<()> {
    let name = cx.start_script("deaf", DEAF, json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    let begun = tokio::time::Instant::now();
    cx.client().post(&format!("/containers/{name}/stop?t=1")).await?.expect_status(204)?;
    let took = begun.elapsed();
    ensure!(took >= Duration::from_millis(900) && took < Duration::from_secs(10), "{took:?}");
    assert_eq!(cx.inspect(&name).await?["State"]["ExitCode"], 137);
    Ok(())
}

async fn d_027_a_stop_of_what_does_not_run_is_304(cx: Cx) -> Result<()> {
    let name = cx.create("idle", &["true"], json!({})).await?;
    cx.client().post(&format!("/containers/{name}/stop")).await?.expect_status(304)?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    cx.client().post(&format!("/containers/{name}/stop")).await?.expect_status(304)?;
    Ok(())
}

async fn d_027_stop_takes_a_signal(cx: Cx) -> Result<()> {
    let script = "trap 'exit 11' HUP; echo ready; while :; do sleep 0.05; done";
    let name = cx.start_script("hup", script, json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    let path = format!("/containers/{name}/stop?signal=SIGHUP&t=20");
    cx.client().post(&path).await?.expect_status(204)?;
    assert_eq!(cx.inspect(&name).await?["State"]["ExitCode"], 11);
    Ok(())
}

async fn d_028_restart_ends_and_starts_again(cx: Cx) -> Result<()> {
    let name = cx.start_script("again", POLITE, json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    let before = cx.inspect(&name).await?["State"].clone();
    cx.client().post(&format!("/containers/{name}/restart?t=20")).await?.expect_status(204)?;
    let after = cx.inspect(&name).await?;
    assert_eq!((&after["State"]["Running"], &after["RestartCount"]), (&json!(true), &json!(0)));
    ensure!(time_of(&after["State"]["StartedAt"])? > time_of(&before["StartedAt"])?, "{after}");
    ensure!(after["State"]["Pid"] != before["Pid"], "the same process");
    cx.until_logged(&name, "ready\nterm\nready\n").await?;
    Ok(())
}

async fn d_028_restart_starts_what_was_stopped(cx: Cx) -> Result<()> {
    let name = cx.start_script("over", "echo run", json!({})).await?;
    cx.wait(&name).await?;
    cx.client().post(&format!("/containers/{name}/restart")).await?.expect_status(204)?;
    cx.wait(&name).await?;
    assert_eq!(cx.logs(&name).await?.out(), "run\nrun\n");
    Ok(())
}

async fn d_029_kill_delivers_a_signal_and_the_program_goes_on(cx: Cx) -> Result<()> {
    let script = "trap 'echo hup' HUP; trap 'echo usr; exit 3' USR1; echo ready; while :; do sleep 0.05; done";
    let name = cx.start_script("signals", script, json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    for signal in ["HUP", "SIGHUP", "1"] {
        let seen = cx.logs(&name).await?.out();
        let path = format!("/containers/{name}/kill?signal={signal}");
        cx.client().post(&path).await?.expect_status(204)?;
        cx.until_logged(&name, &format!("{seen}hup\n")).await?;
    }
    assert_eq!(cx.inspect(&name).await?["State"]["Running"], true);
    cx.docker().ok(&["kill", "-s", "USR1", &name]).await?;
    assert_eq!(cx.wait(&name).await?, 3);
    Ok(())
}

async fn d_029_kill_without_a_signal_is_137(cx: Cx) -> Result<()> {
    let name = cx.start_script("killed", "sleep 60", json!({})).await?;
    cx.client().post(&format!("/containers/{name}/kill")).await?.expect_status(204)?;
    assert_eq!(cx.wait(&name).await?, 137);
    Ok(())
}

async fn d_029_kill_of_what_does_not_run_is_409(cx: Cx) -> Result<()> {
    let name = cx.create("idle", &["true"], json!({})).await?;
    let reply = cx.client().post(&format!("/containers/{name}/kill")).await?.expect_status(409)?;
    ensure!(reply.message().contains("is not running"), "{}", reply.message());
    Ok(())
}

async fn d_029_an_unknown_signal_is_400(cx: Cx) -> Result<()> {
    let name = cx.start_script("up", "sleep 60", json!({})).await?;
    let path = format!("/containers/{name}/kill?signal=NOSUCH");
    let reply = cx.client().post(&path).await?.expect_status(400)?;
    assert_eq!(reply.message(), "Invalid signal: NOSUCH");
    assert_eq!(cx.inspect(&name).await?["State"]["Running"], true);
    Ok(())
}

async fn d_048_init_is_process_one_and_reaps(cx: Cx) -> Result<()> {
    let script = "(sh -c 'sleep 0.1' &) ; sleep 0.6; echo me $$; ps -o pid,stat,comm";
    let more = json!({"HostConfig": {"Init": true}});
    let (output, code) = cx.run_script("init", script, more).await?;
    let out = output.out();
    ensure!(!out.contains("me 1\n"), "the shell is process 1: {out}");
    let zombie = out.lines().any(|line| line.split_whitespace().nth(1) == Some("Z"));
    ensure!(!zombie, "a zombie stayed: {out}");
    assert_eq!(code, 0);
    Ok(())
}

async fn d_051_the_images_stop_signal_is_used(cx: Cx) -> Result<()> {
    let name = cx.name("signal");
    let docker = cx.docker();
    docker.ok(&["run", "-d", "--name", &name, SIGNALS]).await?;
    cx.until_logged(&name, "ready").await?;
    assert_eq!(cx.inspect(&name).await?["Config"]["StopSignal"], "SIGUSR1");
    docker.ok(&["stop", "-t", "20", &name]).await?;
    assert_eq!(cx.inspect(&name).await?["State"]["ExitCode"], 7);
    let name = cx.create("own", &["sh", "-c", POLITE], json!({"StopSignal": "SIGKILL"})).await?;
    cx.start(&name).await?;
    cx.client().post(&format!("/containers/{name}/stop?t=20")).await?.expect_status(204)?;
    assert_eq!(cx.inspect(&name).await?["State"]["ExitCode"], 137);
    Ok(())
}

fn time_of(value: &serde_json::Value) -> Result<SystemTime> {
    let text = value.as_str().with_context(|| format!("no time: {value}"))?;
    Ok(text.parse::<Timestamp>()?.into())
}
