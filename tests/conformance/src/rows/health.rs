//! Health checks.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::row::{Oracle, Row, rows};

/// Nanoseconds of a millisecond.
const MILLI: u64 = 1_000_000;

pub(super) const ROWS: &[Row] = rows![
    d_039_good_probes_make_it_healthy_and_bad_ones_unhealthy,
    d_039_output_is_kept_and_cut,
    d_039_a_probe_that_takes_too_long_is_killed,
    d_039_failures_in_the_start_period_do_not_count,
    d_039_changes_are_events_and_lists_filter_by_them,
    d_039_what_makes_no_sense_is_refused,
    d_040_no_healthcheck_leaves_no_health,
    d_040_a_start_interval_is_honoured(Oracle::KnowsFrom(1, 44)),
];

fn check(script: &str, more: Value) -> Value {
    let mut check = json!({"Test": ["CMD-SHELL", script], "Interval": 100 * MILLI, "Retries": 2});
    for (key, value) in more.as_object().into_iter().flatten() {
        check[key] = value.clone();
    }
    json!({"Healthcheck": check})
}

async fn until(cx: &Cx, name: &str, status: &str) -> Result<Value> {
    let seen = cx.until(status, name, |seen| seen["State"]["Health"]["Status"] == status).await?;
    Ok(seen["State"]["Health"].clone())
}

async fn d_039_good_probes_make_it_healthy_and_bad_ones_unhealthy(cx: Cx) -> Result<()> {
    let more = check("echo looked; test -e /well", json!({}));
    let name = cx.start_script("probed", "sleep 60", more).await?;
    let inspected = cx.inspect(&name).await?;
    assert_eq!(inspected["Config"]["Healthcheck"]["Retries"], 2);
    let sick = until(&cx, &name, "unhealthy").await?;
    ensure!(sick["FailingStreak"].as_u64() >= Some(2), "{sick}");
    let last = sick["Log"].as_array().and_then(|log| log.last()).context("a log")?;
    assert_eq!((&last["ExitCode"], &last["Output"]), (&json!(1), &json!("looked\n")));
    let (_, code) = cx.exec(&name, &["touch", "/well"], json!({})).await?;
    assert_eq!(code, 0);
    let well = until(&cx, &name, "healthy").await?;
    assert_eq!(well["FailingStreak"], 0);
    let log = well["Log"].as_array().context("a log")?;
    ensure!(log.len() <= 5, "{well}");
    let times: Vec<&str> = log.iter().filter_map(|entry| entry["Start"].as_str()).collect();
    ensure!(times.is_sorted() && log[0]["End"].as_str() >= log[0]["Start"].as_str(), "{well}");
    cx.client().post(&format!("/containers/{name}/stop?t=0")).await?.expect_status(204)?;
    cx.start(&name).await?;
    let again = cx.inspect(&name).await?["State"]["Health"].clone();
    ensure!(again["FailingStreak"] == 0 && again["Status"] != "unhealthy", "{again}");
    Ok(())
}

async fn d_039_output_is_kept_and_cut(cx: Cx) -> Result<()> {
    let more = check("head -c 5000 /dev/zero | tr '\\0' x", json!({}));
    let name = cx.start_script("long", "sleep 60", more).await?;
    let well = until(&cx, &name, "healthy").await?;
    let output = well["Log"][0]["Output"].as_str().context("output")?;
    ensure!(output.starts_with("xxx") && output.ends_with("..."), "{output}");
    assert_eq!(output.len(), 4096 + 3);
    Ok(())
}

async fn d_039_a_probe_that_takes_too_long_is_killed(cx: Cx) -> Result<()> {
    let more = check("sleep 47", json!({"Timeout": 200 * MILLI, "Retries": 1}));
    let name = cx.start_script("slow", "sleep 60", more).await?;
    let sick = until(&cx, &name, "unhealthy").await?;
    let first = &sick["Log"][0];
    assert_eq!(first["ExitCode"], -1);
    ensure!(
        first["Output"]
            .as_str()
            .unwrap_or_default()
            .starts_with("Health check exceeded timeout (200ms)"),
        "{first}"
    );
    Ok(())
}

async fn d_039_failures_in_the_start_period_do_not_count(cx: Cx) -> Result<()> {
    let more =
        check("exit 1", json!({"StartPeriod": 600_000 * MILLI, "StartInterval": 100 * MILLI}));
    let name = cx.start_script("young", "sleep 60", more).await?;
    let seen = cx
        .until("four probes", &name, |seen| {
            seen["State"]["Health"]["Log"].as_array().is_some_and(|log| log.len() >= 4)
        })
        .await?;
    let health = &seen["State"]["Health"];
    assert_eq!((&health["Status"], &health["FailingStreak"]), (&json!("starting"), &json!(0)));
    Ok(())
}

async fn d_039_changes_are_events_and_lists_filter_by_them(cx: Cx) -> Result<()> {
    let name = cx.start_script("told", "sleep 60", check("true", json!({}))).await?;
    until(&cx, &name, "healthy").await?;
    let docker = cx.docker();
    let until = jiff::Timestamp::now().to_string();
    let container = format!("container={name}");
    let told = docker
        .ok(&[
            "events",
            "--since",
            "1m",
            "--until",
            &until,
            "--filter",
            &container,
            "--format",
            "{{.Action}}",
        ])
        .await?;
    let changes: Vec<&str> =
        told.lines().filter(|line| line.starts_with("health_status")).collect();
    assert_eq!(changes, ["health_status: healthy"]);
    let filter = format!("name={name}");
    let shown = docker
        .ok(&["ps", "--filter", &filter, "--filter", "health=healthy", "--format", "{{.Status}}"])
        .await?;
    ensure!(shown.trim().ends_with("(healthy)"), "{shown}");
    let none = docker.ok(&["ps", "-q", "--filter", &filter, "--filter", "health=none"]).await?;
    assert_eq!(none, "");
    Ok(())
}

async fn d_039_what_makes_no_sense_is_refused(cx: Cx) -> Result<()> {
    for (more, words) in [
        (json!({"Interval": 1}), "Interval in Healthcheck cannot be less than 1ms"),
        (json!({"Timeout": 1}), "Timeout in Healthcheck cannot be less than 1ms"),
        (json!({"Retries": -1}), "Retries in Healthcheck cannot be negative"),
    ] {
        let refused = cx.create_named(&cx.name("no"), &["true"], check("true", more)).await?;
        let message = refused.expect_status(400)?.message();
        ensure!(message.contains(words), "{message}");
    }
    Ok(())
}

async fn d_040_no_healthcheck_leaves_no_health(cx: Cx) -> Result<()> {
    let more = json!({"Healthcheck": {"Test": ["NONE"]}});
    let name = cx.start_script("none", "sleep 60", more).await?;
    let inspected = cx.inspect(&name).await?;
    ensure!(inspected["State"].get("Health").is_none_or(Value::is_null), "{}", inspected["State"]);
    assert_eq!(inspected["Config"]["Healthcheck"]["Test"], json!(["NONE"]));
    let plain = cx.start_script("plain", "sleep 60", json!({})).await?;
    ensure!(cx.inspect(&plain).await?["State"].get("Health").is_none_or(Value::is_null));
    Ok(())
}

async fn d_040_a_start_interval_is_honoured(cx: Cx) -> Result<()> {
    let times = json!({"Interval": 600_000 * MILLI, "StartPeriod": 600_000 * MILLI, "StartInterval": 50 * MILLI});
    let name = cx.start_script("early", "sleep 60", check("true", times)).await?;
    until(&cx, &name, "healthy").await?;
    Ok(())
}
