//! Events of containers: what they hold, filters, history and live.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use http::Method;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::list::encoded;
use crate::cx::Cx;
use crate::images::BUSYBOX;
use crate::row::{Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_180_a_life_is_told_in_order,
    d_180_an_event_has_its_fields,
    d_180_live_events_come_as_they_happen,
    d_180_exec_and_kill_are_told,
    d_180_rename_and_attach_are_told,
    d_180_docker_events_prints,
    d_182_filters_choose_events,
    d_183_until_ends_the_stream,
];

/// The events of one container from the time the row began, until now.
pub(super) async fn told(cx: &Cx, name: &str, since: i64) -> Result<Vec<Value>> {
    let filters = encoded(&json!({"container": [name], "type": ["container"]}));
    let now = Timestamp::now();
    let until = format!("{}.{:09}", now.as_second(), now.subsec_nanosecond());
    let path = format!("/events?since={since}&until={until}&filters={filters}");
    let text = cx.client().get(&path).await?.expect_status(200)?.text();
    let events = text.lines().filter(|line| !line.is_empty()).map(serde_json::from_str);
    events.collect::<Result<_, _>>().with_context(|| format!("no JSON lines: {text}"))
}

fn actions(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["Action"].as_str().unwrap_or_default()).collect()
}

async fn d_180_a_life_is_told_in_order(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let name = cx.start_script("life", "exit 12", json!({})).await?;
    cx.wait(&name).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    cx.client().delete(&format!("/containers/{name}")).await?.expect_status(204)?;
    let events = told(&cx, &id, since).await?;
    assert_eq!(actions(&events), ["create", "start", "die", "destroy"]);
    assert_eq!(events[2]["Actor"]["Attributes"]["exitCode"], "12");
    Ok(())
}

async fn d_180_an_event_has_its_fields(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let name = cx.create("fields", &["true"], json!({"Labels": {"a": "1", "b": "2"}})).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    let events = told(&cx, &name, since).await?;
    ensure!(events.len() == 1, "{events:?}");
    let event = &events[0];
    assert_eq!((&event["Type"], &event["Action"]), (&json!("container"), &json!("create")));
    assert_eq!((&event["scope"], &event["Actor"]["ID"]), (&json!("local"), &json!(id)));
    let wanted = json!({"image": BUSYBOX, "name": name, "a": "1", "b": "2"});
    assert_eq!(event["Actor"]["Attributes"], wanted);
    // Fields of the first version of the API, still read by old clients.
    assert_eq!(
        (&event["status"], &event["id"], &event["from"]),
        (&json!("create"), &json!(id), &json!(BUSYBOX))
    );
    let (seconds, nanos) = (event["time"].as_i64(), event["timeNano"].as_i64());
    ensure!(
        seconds == nanos.map(|nanos| nanos / 1_000_000_000) && seconds >= Some(since),
        "{event}"
    );
    Ok(())
}

async fn d_180_live_events_come_as_they_happen(cx: Cx) -> Result<()> {
    let name = cx.name("live");
    let filters = encoded(&json!({"container": [name]}));
    let path = format!("/events?filters={filters}");
    let (_connection, response) = cx.client().open(Method::GET, &path, None).await?;
    assert_eq!(response.status(), 200);
    let mut body = response.into_body().into_data_stream();
    cx.create_named(&name, &["true"], json!({})).await?.expect_status(201)?;
    cx.start(&name).await?;
    let mut text = String::new();
    while !text.contains("\"die\"") {
        let more = timeout(Duration::from_secs(20), body.next()).await.context("no event")?;
        text.push_str(&String::from_utf8_lossy(&more.context("the stream ended")??));
    }
    let order: Vec<usize> = ["\"create\"", "\"start\"", "\"die\""]
        .iter()
        .map(|action| text.find(action).with_context(|| format!("{action} is not in {text}")))
        .collect::<Result<_>>()?;
    ensure!(order.is_sorted(), "{text}");
    Ok(())
}

async fn d_180_exec_and_kill_are_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let name = cx.start_script("exec", "sleep 60", json!({})).await?;
    cx.exec(&name, &["sh", "-c", "exit 3"], json!({})).await?;
    cx.client().post(&format!("/containers/{name}/kill?signal=KILL")).await?.expect_status(204)?;
    cx.wait(&name).await?;
    let events = told(&cx, &name, since).await?;
    let wanted = [
        "create",
        "start",
        "exec_create: sh -c exit 3",
        "exec_start: sh -c exit 3",
        "exec_die",
        "kill",
        "die",
    ];
    assert_eq!(actions(&events), wanted);
    assert_eq!(events[4]["Actor"]["Attributes"]["exitCode"], "3");
    assert_eq!(events[5]["Actor"]["Attributes"]["signal"], "9");
    assert_eq!(events[6]["Actor"]["Attributes"]["exitCode"], "137");
    Ok(())
}

async fn d_180_rename_and_attach_are_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let old = cx.create("old", &["true"], json!({})).await?;
    let id = cx.inspect(&old).await?["Id"].as_str().context("Id")?.to_owned();
    let new = cx.name("new");
    cx.client().post(&format!("/containers/{old}/rename?name={new}")).await?.expect_status(204)?;
    let mut stream =
        cx.client().hijack(&format!("/containers/{new}/attach?stream=1&stdout=1"), None).await?;
    cx.start(&new).await?;
    stream.read_to_end().await?;
    cx.wait(&new).await?;
    let events = told(&cx, &id, since).await?;
    assert_eq!(actions(&events), ["create", "rename", "attach", "start", "die"]);
    let attributes = &events[1]["Actor"]["Attributes"];
    assert_eq!(
        (&attributes["name"], &attributes["oldName"]),
        (&json!(new), &json!(format!("/{old}")))
    );
    Ok(())
}

async fn d_180_docker_events_prints(cx: Cx) -> Result<()> {
    let name = cx.start_script("shown", "exit 0", json!({})).await?;
    cx.wait(&name).await?;
    let filter = format!("container={name}");
    let until = (Timestamp::now().as_second() + 1).to_string();
    let arguments = [
        "events",
        "--since",
        "1m",
        "--until",
        &until,
        "--filter",
        &filter,
        "--format",
        "{{.Action}}",
    ];
    let shown = cx.docker().ok(&arguments).await?;
    assert_eq!(shown, "create\nstart\ndie");
    Ok(())
}

async fn d_182_filters_choose_events(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let name = cx.create("chosen", &["true"], json!({"Labels": {"row": cx.key()}})).await?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    let label = format!("row={}", cx.key());
    for (filters, wanted) in [
        (json!({"container": [name], "event": ["die"]}), 1),
        (json!({"container": [name], "event": ["die", "start"]}), 2),
        (json!({"label": [label], "event": ["create"]}), 1),
        (json!({"label": [label], "image": [BUSYBOX], "event": ["create"]}), 1),
        (json!({"label": [label], "image": ["nosuch"]}), 0),
        (json!({"label": [label], "type": ["image"]}), 0),
    ] {
        let until = Timestamp::now().as_second() + 1;
        let path = format!("/events?since={since}&until={until}&filters={}", encoded(&filters));
        let text = cx.client().get(&path).await?.expect_status(200)?.text();
        assert_eq!(
            text.lines().filter(|line| !line.is_empty()).count(),
            wanted,
            "{filters}: {text}"
        );
    }
    Ok(())
}

async fn d_183_until_ends_the_stream(cx: Cx) -> Result<()> {
    let until = Timestamp::now().as_second() + 2;
    let begun = tokio::time::Instant::now();
    let call = cx.client();
    let path = format!("/events?until={until}");
    let reply = timeout(Duration::from_secs(20), call.get(&path)).await.context("no end")??;
    reply.expect_status(200)?;
    ensure!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    Ok(())
}
