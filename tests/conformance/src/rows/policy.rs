//! Restart policies.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::eventually::eventually;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_037_on_failure_runs_again_and_gives_up,
    d_037_always_runs_again_until_it_is_stopped,
    d_037_a_good_end_is_no_failure,
    d_037_a_container_between_two_runs_is_restarting,
    d_037_a_start_by_hand_counts_anew,
    d_037_what_makes_no_sense_is_refused,
    d_037_what_makes_no_sense_is_refused_in_todays_words(Oracle::KnowsFrom(1, 44)),
];

fn policy(name: &str, retries: i64) -> Value {
    json!({"HostConfig": {"RestartPolicy": {"Name": name, "MaximumRetryCount": retries}}})
}

async fn runs(cx: &Cx, name: &str) -> Result<usize> {
    Ok(cx.logs(name).await?.out().lines().count())
}

async fn d_037_on_failure_runs_again_and_gives_up(cx: Cx) -> Result<()> {
    let name = cx.start_script("fails", "echo run; exit 3", policy("on-failure", 2)).await?;
    let ended = cx
        .until("it gives up", &name, |seen| {
            seen["RestartCount"] == 2 && seen["State"]["Status"] == "exited"
        })
        .await?;
    assert_eq!(ended["State"]["ExitCode"], 3);
    assert_eq!(
        ended["HostConfig"]["RestartPolicy"],
        json!({"Name": "on-failure", "MaximumRetryCount": 2})
    );
    assert_eq!(runs(&cx, &name).await?, 3);
    Ok(())
}

async fn d_037_always_runs_again_until_it_is_stopped(cx: Cx) -> Result<()> {
    let name = cx.start_script("always", "echo run; sleep 0.2", policy("always", 0)).await?;
    eventually("it has run three times", Duration::from_secs(30), async || {
        Ok((runs(&cx, &name).await? >= 3).then_some(()))
    })
    .await?;
    cx.client().post(&format!("/containers/{name}/stop?t=1")).await?.expect_status(204)?;
    let stopped = cx.inspect(&name).await?;
    ensure!(stopped["RestartCount"].as_i64() >= Some(2), "{stopped}");
    assert_eq!(
        (&stopped["State"]["Status"], &stopped["State"]["Restarting"]),
        (&json!("exited"), &json!(false))
    );
    let before = runs(&cx, &name).await?;
    // Longer than the pause that it had reached.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(runs(&cx, &name).await?, before);
    Ok(())
}

async fn d_037_a_good_end_is_no_failure(cx: Cx) -> Result<()> {
    let name = cx.start_script("good", "echo run", policy("on-failure", 0)).await?;
    let ended = cx.until("it ends", &name, |seen| seen["State"]["Status"] == "exited").await?;
    assert_eq!((&ended["RestartCount"], &ended["State"]["ExitCode"]), (&json!(0), &json!(0)));
    Ok(())
}

async fn d_037_a_container_between_two_runs_is_restarting(cx: Cx) -> Result<()> {
    let name = cx.start_script("between", "echo run; exit 4", policy("always", 0)).await?;
    let seen = cx
        .until("it waits", &name, |seen| {
            seen["State"]["Status"] == "restarting" && seen["RestartCount"].as_i64() >= Some(4)
        })
        .await?;
    let state = &seen["State"];
    assert_eq!(
        (&state["Running"], &state["Restarting"], &state["Pid"]),
        (&json!(true), &json!(true), &json!(0))
    );
    assert_eq!(state["ExitCode"], 4);
    let remove = cx.client().delete(&format!("/containers/{name}")).await?;
    let message = remove.expect_status(409)?.message().to_lowercase();
    ensure!(
        message.contains("restarting") && message.contains("stop the container before"),
        "{message}"
    );
    let filter = format!("name={name}");
    let listed = cx.docker().ok(&["ps", "--filter", &filter, "--format", "{{.Status}}"]).await?;
    ensure!(listed.starts_with("Restarting (4)") || listed.starts_with("Up"), "{listed}");
    cx.client().delete(&format!("/containers/{name}?force=1")).await?.expect_status(204)?;
    cx.client().get(&format!("/containers/{name}/json")).await?.expect_status(404)?;
    Ok(())
}

async fn d_037_a_start_by_hand_counts_anew(cx: Cx) -> Result<()> {
    let name = cx.start_script("anew", "sleep 0.1; exit 5", policy("on-failure", 1)).await?;
    let gave_up = |seen: &Value| seen["RestartCount"] == 1 && seen["State"]["Status"] == "exited";
    let first = cx.until("it gives up", &name, gave_up).await?;
    cx.start(&name).await?;
    let again =
        |seen: &Value| gave_up(seen) && seen["State"]["FinishedAt"] != first["State"]["FinishedAt"];
    cx.until("it gives up again", &name, again).await?;
    Ok(())
}

async fn d_037_what_makes_no_sense_is_refused(cx: Cx) -> Result<()> {
    for (name, retries) in [("maybe", 0), ("always", 3), ("on-failure", -1)] {
        let refused = cx.create_named(&cx.name("no"), &["true"], policy(name, retries)).await?;
        ensure!(refused.expect_status(400)?.message().contains("restart policy") || retries < 0);
    }
    let both = json!({"HostConfig": {"AutoRemove": true, "RestartPolicy": {"Name": "always"}}});
    let refused = cx.create_named(&cx.name("both"), &["true"], both).await?;
    let message = refused.expect_status(400)?.message();
    ensure!(
        message.contains("can't create 'AutoRemove' container with restart policy"),
        "{message}"
    );
    Ok(())
}

async fn d_037_what_makes_no_sense_is_refused_in_todays_words(cx: Cx) -> Result<()> {
    let refused = cx.create_named(&cx.name("no"), &["true"], policy("maybe", 0)).await?;
    assert_eq!(
        refused.expect_status(400)?.message(),
        "invalid restart policy: unknown policy 'maybe'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
    );
    Ok(())
}
