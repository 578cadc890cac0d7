//! `/at/{point}` in front of a path: the state as it was, and nothing that could change it.

use anyhow::{Context as _, Result, ensure};
use http::Method;
use serde_json::{Value, json};

use super::list::encoded;
use crate::cx::Cx;
use crate::http::Reply;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};

const NO_PAST: Oracle = Oracle::Differs("a dockerd knows the present alone");

pub(super) const ROWS: &[Row] = rows![
    d_300_containers_are_listed_and_inspected_as_they_were(NO_PAST),
    d_300_a_time_stands_for_the_last_record_before_it(NO_PAST),
    d_300_images_are_those_of_then(NO_PAST),
    d_300_events_and_logs_end_at_the_point(NO_PAST),
    d_300_every_changing_call_is_refused_with_403(NO_PAST),
    d_300_a_point_that_is_none_says_why(NO_PAST),
];

/// The newest record that answers are made of.
async fn head(cx: &Cx) -> Result<u64> {
    let reply = cx.client().get("/info").await?.expect_status(200)?;
    reply.header("x-sockerless-as-of").parse().context("X-Sockerless-As-Of")
}

async fn at(cx: &Cx, point: impl std::fmt::Display, path: &str) -> Result<Reply> {
    cx.client().get(&format!("/at/{point}{path}")).await
}

/// The names and states of the row's containers at a point.
async fn listed(cx: &Cx, point: impl std::fmt::Display) -> Result<Vec<(String, String)>> {
    let filters = encoded(&json!({"name": [cx.key()]}));
    let reply = at(cx, point, &format!("/containers/json?all=1&filters={filters}")).await?;
    let listed = reply.expect_status(200)?.json()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('/', "");
    let listed = listed.as_array().context("a list")?.iter();
    Ok(listed.map(|one| (text(&one["Names"][0]), text(&one["State"]))).collect())
}

async fn d_300_containers_are_listed_and_inspected_as_they_were(cx: Cx) -> Result<()> {
    let empty = head(&cx).await?;
    let name = cx.start_script("web", "sleep 60", json!({"Labels": {"a": "1"}})).await?;
    let (running, present) = (head(&cx).await?, cx.inspect(&name).await?);
    let path = format!("/containers/{name}?force=1");
    cx.client().delete(&path).await?.expect_status(204)?;
    let gone = head(&cx).await?;
    assert_eq!(listed(&cx, empty).await?, []);
    assert_eq!(listed(&cx, running).await?, [(name.clone(), "running".to_owned())]);
    assert_eq!(listed(&cx, gone).await?, []);
    let path = format!("/v1.41/containers/{name}/json");
    let reply = at(&cx, running, &path).await?.expect_status(200)?;
    assert_eq!(reply.header("x-sockerless-as-of"), running.to_string());
    let then = reply.json()?;
    for field in ["Id", "Created", "Name", "Image", "State", "Config", "NetworkSettings"] {
        assert_eq!(then[field], present[field], "{field}");
    }
    at(&cx, gone, &path).await?.expect_status(404)?;
    Ok(())
}

async fn d_300_a_time_stands_for_the_last_record_before_it(cx: Cx) -> Result<()> {
    let old = cx.create("old", &["true"], json!({})).await?;
    let then = jiff::Timestamp::now();
    let new = cx.name("new");
    let path = format!("/containers/{old}/rename?name={new}");
    cx.client().post(&path).await?.expect_status(204)?;
    assert_eq!(listed(&cx, then).await?, [(old, "created".to_owned())]);
    assert_eq!(listed(&cx, jiff::Timestamp::now()).await?, [(new, "created".to_owned())]);
    Ok(())
}

async fn d_300_images_are_those_of_then(cx: Cx) -> Result<()> {
    let before = head(&cx).await?;
    let tag = cx.tag("copy");
    let path = format!("/images/{BUSYBOX}/tag?repo={tag}");
    cx.client().post(&path).await?.expect_status(201)?;
    let after = head(&cx).await?;
    let path = format!("/images/{tag}/json");
    at(&cx, before, &path).await?.expect_status(404)?;
    let image = at(&cx, after, &path).await?.expect_status(200)?.json()?;
    cx.client().delete(&format!("/images/{tag}")).await?.expect_status(200)?;
    assert_eq!(at(&cx, after, &path).await?.expect_status(200)?.json()?, image);
    let all = at(&cx, after, "/images/json").await?.text();
    ensure!(all.contains(&tag), "{all}");
    Ok(())
}

async fn d_300_events_and_logs_end_at_the_point(cx: Cx) -> Result<()> {
    let script = "echo one; until [ -e /go ]; do sleep 0.02; done; echo two; exec sleep 60";
    let name = cx.start_script("told", script, json!({})).await?;
    cx.until_logged(&name, "one").await?;
    let then = jiff::Timestamp::now();
    cx.exec(&name, &["touch", "/go"], json!({})).await?;
    cx.until_logged(&name, "two").await?;
    let path = format!("/containers/{name}/logs?stdout=1&follow=1");
    let logs = at(&cx, then, &path).await?.expect_status(200)?;
    assert_eq!(crate::stream::Output::of_frames(&logs.body)?.out(), "one\n");
    let filters = encoded(&json!({"container": [name], "type": ["container"]}));
    let path = format!("/events?since=0&filters={filters}");
    let text = at(&cx, then, &path).await?.expect_status(200)?.text();
    let events: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let actions: Vec<_> = events.iter().map(|event| &event["Action"]).collect();
    assert_eq!(actions, ["create", "start"]);
    Ok(())
}

async fn d_300_every_changing_call_is_refused_with_403(cx: Cx) -> Result<()> {
    let name = cx.start_script("fixed", "sleep 60", json!({})).await?;
    let point = head(&cx).await?;
    for (method, path) in [
        (Method::POST, format!("/containers/{name}/stop")),
        (Method::POST, format!("/containers/{name}/kill")),
        (Method::POST, format!("/v1.41/containers/{name}/rename?name={name}x")),
        (Method::POST, format!("/containers/create?name={name}y")),
        (Method::POST, format!("/containers/{name}/exec")),
        (Method::PUT, format!("/containers/{name}/archive?path=/tmp")),
        (Method::POST, format!("/images/{BUSYBOX}/tag?repo={name}")),
        (Method::DELETE, format!("/containers/{name}?force=1")),
        (Method::POST, "/containers/prune".to_owned()),
    ] {
        let path = format!("/at/{point}{path}");
        let reply = cx.client().call(method.clone(), &path, None).await?.expect_status(403)?;
        let wanted = format!("the past cannot be changed: {method} under /at/ is refused");
        assert_eq!(reply.message(), wanted);
    }
    let now = cx.inspect(&name).await?;
    assert_eq!(
        (&now["State"]["Running"], &now["Name"]),
        (&json!(true), &json!(format!("/{name}")))
    );
    Ok(())
}

async fn d_300_a_point_that_is_none_says_why(cx: Cx) -> Result<()> {
    for (point, status, reason) in [
        ("999999999", 400, "has not been written"),
        ("0", 404, "before the first record"),
        ("2001-01-01T00:00:00Z", 404, "before the first record"),
        ("2999-01-01T00:00:00Z", 400, "is still to come"),
        ("yesterday", 400, "failed to parse value as time or duration"),
    ] {
        let reply = at(&cx, point, "/containers/json").await?.expect_status(status)?;
        ensure!(reply.message().contains(reason), "{point}: {}", reply.message());
    }
    Ok(())
}
