//! Events of containers: what they hold, filters, history and live.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use http::{HeaderValue, Method};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::images::own_image;
use super::list::encoded;
use crate::cx::Cx;
use crate::http::{Connection, request};
use crate::images::BUSYBOX;
use crate::registry::Registry;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_180_a_life_is_told_in_order,
    d_180_an_event_has_its_fields,
    d_180_live_events_come_as_they_happen,
    d_180_exec_and_kill_are_told,
    d_180_rename_and_attach_are_told,
    d_180_docker_events_prints,
    d_181_the_life_of_an_image_is_told,
    d_181_a_process_killed_for_want_of_memory_is_told,
    d_181_pause_resize_update_and_health_are_told,
    d_181_a_prune_is_told,
    d_181_a_client_may_choose_the_form(Oracle::KnowsFrom(1, 52)),
    d_182_filters_choose_events,
    d_183_until_ends_the_stream,
    d_184_a_reader_that_sleeps_misses_nothing(Oracle::Differs("a full buffer loses events")),
];

/// The events of one container from the time the row began, until now.
pub(super) async fn told(cx: &Cx, name: &str, since: i64) -> Result<Vec<Value>> {
    told_of(cx, since, &json!({"container": [name], "type": ["container"]})).await
}

/// What is told of some kind of object from `since` until now, by filters.
pub(super) async fn told_of(cx: &Cx, since: i64, filters: &Value) -> Result<Vec<Value>> {
    let now = Timestamp::now();
    let until = format!("{}.{:09}", now.as_second(), now.subsec_nanosecond());
    let path = format!("/events?since={since}&until={until}&filters={}", encoded(filters));
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

async fn d_181_the_life_of_an_image_is_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let registry = Registry::start(&cx).await?;
    let (own, pushed) = (own_image(&cx, "own", "").await?, registry.name("told:v1"));
    let docker = cx.docker();
    let id = docker.ok(&["image", "inspect", "--format", "{{.Id}}", &own]).await?;
    docker.ok(&["tag", &own, &pushed]).await?;
    docker.ok(&["push", &pushed]).await?;
    let saved = cx.client().get(&format!("/images/{pushed}/get")).await?.expect_status(200)?.body;
    docker.ok(&["rmi", &own]).await?;
    docker.ok(&["rmi", &pushed]).await?;
    docker.ok(&["pull", &pushed]).await?;
    docker.ok(&["rmi", &pushed]).await?;
    cx.client().post_tar("/images/load", saved).await?.expect_status(200)?;
    docker.ok(&["rmi", &pushed]).await?;
    let events = told_of(&cx, since, &json!({"type": ["image"]})).await?;
    let about = |event: &&Value| {
        let (id_told, name) = (&event["Actor"]["ID"], &event["Actor"]["Attributes"]["name"]);
        [id_told, name].iter().any(|text| {
            let text = text.as_str().unwrap_or_default();
            text == id.trim() || pushed.starts_with(text) && !text.is_empty()
        })
    };
    let told: Vec<&str> = events
        .iter()
        .filter(about)
        .map(|event| event["Action"].as_str().unwrap_or_default())
        .collect();
    let expected = [
        "import", "tag", "push", "save", "untag", "untag", "delete", "pull", "untag", "delete",
        "load", "untag", "delete",
    ];
    let mut left = told.iter();
    for action in expected {
        ensure!(left.any(|told| *told == action), "{action} is not in its place in {told:?}");
    }
    Ok(())
}

async fn d_181_a_process_killed_for_want_of_memory_is_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let script = "x=$(head -c 200000000 /dev/zero | tr '\\0' a); echo ${#x}";
    let more = json!({"HostConfig": {"Memory": 33_554_432, "MemorySwap": 33_554_432}});
    let name = cx.start_script("eater", script, more).await?;
    cx.wait(&name).await?;
    let told = told(&cx, &name, since).await?;
    ensure!(actions(&told).contains(&"oom"), "{:?}", actions(&told));
    Ok(())
}

async fn d_181_pause_resize_update_and_health_are_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let probe = json!({"Test": ["CMD", "true"], "Interval": 100_000_000});
    let more = json!({"Tty": true, "Healthcheck": probe});
    let name = cx.start_script("all", "exec sleep 600", more).await?;
    cx.until("healthy", &name, |whole| whole["State"]["Health"]["Status"] == "healthy").await?;
    let client = cx.client();
    client.post(&format!("/containers/{name}/resize?h=30&w=100")).await?.expect_status(200)?;
    let limits = json!({"PidsLimit": 100});
    client.post_json(&format!("/containers/{name}/update"), &limits).await?.expect_status(200)?;
    client.post(&format!("/containers/{name}/pause")).await?.expect_status(204)?;
    client.post(&format!("/containers/{name}/unpause")).await?.expect_status(204)?;
    client.post(&format!("/containers/{name}/restart?t=0")).await?.expect_status(204)?;
    let told = told(&cx, &name, since).await?;
    let resize = told.iter().find(|event| event["Action"] == "resize").context("no resize")?;
    let attributes = &resize["Actor"]["Attributes"];
    assert_eq!((&attributes["height"], &attributes["width"]), (&json!("30"), &json!("100")));
    let actions = actions(&told);
    for action in [
        "health_status: healthy",
        "resize",
        "update",
        "pause",
        "unpause",
        "kill",
        "die",
        "stop",
        "start",
        "restart",
    ] {
        ensure!(actions.contains(&action), "{action} is not in {actions:?}");
    }
    Ok(())
}

async fn d_181_a_prune_is_told(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    // Nothing has that label, so that nothing of another row goes.
    let filters = encoded(&json!({"label": [format!("none={}", cx.key())]}));
    for (kind, field) in [("containers", "container"), ("images", "image"), ("volumes", "volume")] {
        let path = format!("/{kind}/prune?filters={filters}");
        cx.client().post(&path).await?.expect_status(200)?;
        let told = told_of(&cx, since, &json!({"type": [field], "event": ["prune"]})).await?;
        let event = told.last().with_context(|| format!("no prune of {kind}"))?;
        assert_eq!(event["Actor"]["Attributes"]["reclaimed"], "0", "{event}");
    }
    Ok(())
}

async fn d_181_a_client_may_choose_the_form(cx: Cx) -> Result<()> {
    let name = cx.create("form", &["true"], json!({})).await?;
    let filters = encoded(&json!({"container": [name]}));
    let until = Timestamp::now().as_second() + 1;
    let path = format!("/events?since=0&until={until}&filters={filters}");
    for (accept, before) in [
        ("application/json-seq", "\u{1e}{"),
        ("application/jsonl", "{"),
        ("application/x-ndjson", "{"),
    ] {
        let mut asked = request(Method::GET, &path, None)?;
        asked.headers_mut().insert("accept", HeaderValue::from_static(accept));
        let reply = Connection::open(&cx.target().socket).await?.exchange(asked).await?;
        let reply = reply.expect_status(200)?;
        assert_eq!(reply.header("content-type"), accept);
        ensure!(reply.text().starts_with(before), "{accept}: {:?}", reply.text());
    }
    Ok(())
}

/// Events while the reader sleeps, and how many clients make them.
const ASLEEP: usize = 10_000;
const CLIENTS: usize = 16;

async fn d_184_a_reader_that_sleeps_misses_nothing(cx: Cx) -> Result<()> {
    let name = cx.start_script("busy", "exec sleep 600", json!({})).await?;
    let filters = encoded(&json!({"container": [name], "event": ["exec_create"]}));
    let path = format!("/events?filters={filters}");
    let (_connection, response) = cx.client().open(Method::GET, &path, None).await?;
    let mut body = response.into_body().into_data_stream();
    let mut makers = Vec::new();
    for _ in 0..CLIENTS {
        let (client, name) = (cx.client(), name.clone());
        makers.push(async move {
            let mut ids = Vec::new();
            for _ in 0..ASLEEP / CLIENTS {
                let made = client
                    .post_json(&format!("/containers/{name}/exec"), &json!({"Cmd": ["true"]}))
                    .await?
                    .expect_status(201)?;
                ids.push(made.json()?["Id"].as_str().context("Id")?.to_owned());
            }
            anyhow::Ok(ids)
        });
    }
    let made = futures_util::future::try_join_all(makers).await?.concat();
    let (mut rest, mut told) = (Vec::new(), Vec::new());
    while told.len() < made.len() {
        let more = timeout(Duration::from_secs(20), body.next()).await;
        let more = more.with_context(|| format!("{} of {} are told", told.len(), made.len()))?;
        rest.extend_from_slice(&more.context("the stream ended")??);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let event: Value = serde_json::from_slice(&line)?;
            told.push(
                event["Actor"]["Attributes"]["execID"].as_str().context("execID")?.to_owned(),
            );
        }
    }
    let sorted = |mut ids: Vec<String>| {
        ids.sort_unstable();
        ids
    };
    ensure!(sorted(told) == sorted(made), "other events are told than were made");
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
